/** `footnote mcp`: the tools for agents, on stdin and stdout or over HTTP. */
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { App } from '../app.ts';
import type { Config } from '../core/config.ts';
import { packageVersion } from '../core/package-root.ts';
import type { CallOptions } from '../core/seams.ts';
import { bearerCheck } from '../http/bearer-check.ts';
import { listen } from '../http/http-server.ts';
import { createMcpHttpApp } from '../mcp/mcp-http.ts';
import { createMcpServer } from '../mcp/mcp-server.ts';

/** Serves until stdin ends (stdio) or the signal aborts; closes the app. */
export async function mcp(
  app: App,
  config: Config,
  options: CallOptions & { readonly http: boolean },
): Promise<void> {
  const createServer = () =>
    createMcpServer({
      service: app.service,
      verifier: app.verifier,
      readPages: (results, call) => app.parts.readPages(results, call),
      version: packageVersion,
    });
  const stopping = new Promise<void>((resolve) => {
    if (options.signal.aborted) resolve();
    options.signal.addEventListener('abort', () => resolve(), { once: true });
    if (!options.http) process.stdin.once('close', () => resolve()).once('end', () => resolve());
  });
  // Agents may ask what there is at once; a call waits for the models it needs.
  app.warm().catch(() => undefined);
  try {
    if (options.http) {
      const server = await listen(
        createMcpHttpApp({
          createServer,
          authorise: bearerCheck(config.apiKeys),
          host: config.host,
        }),
        config.host,
        config.port,
      );
      process.stderr.write(`footnote mcp is ready on ${server.origin}/mcp\n`);
      await stopping;
      await server.stop();
    } else {
      const connection = serveStdio(createServer);
      await stopping;
      await connection.close();
    }
  } finally {
    await app.close();
  }
}
