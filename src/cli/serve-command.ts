import type { Logger } from 'pino';
import type { App } from '../app.ts';
import type { Config } from '../core/config.ts';
import { FootnoteError } from '../core/errors.ts';
import { packageVersion } from '../core/package-root.ts';
import { createHttpApp } from '../http/http-app.ts';
import { listen } from '../http/http-server.ts';
import { loadPageAssets } from '../http/page-assets.ts';

/** How long answers in hand may go on after SIGTERM. */
const DRAIN_MS = 30_000;

/** Listens, prints the address, loads the models, and drains when the signal aborts. */
export async function serve(
  app: App,
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const work = new AbortController();
  const http = createHttpApp({
    service: app.service,
    verifier: app.verifier,
    logger,
    version: packageVersion,
    apiKeys: config.apiKeys,
    rateLimit: config.rateLimit,
    corsOrigins: config.corsOrigins,
    host: config.host,
    allowedHosts: config.allowedHosts,
    notReady: () => (signal.aborted ? 'the service is stopping' : app.notReady()),
    signal: work.signal,
    page: loadPageAssets(),
  });
  try {
    const server = await listen(http, config.host, config.port);
    // Probes can tell a service that loads from one that is gone; questions wait for the models.
    logger.info({ address: server.origin }, 'listening, loading the models');
    const stopping = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([app.warm(), stopping]);
    if (!signal.aborted) process.stdout.write(`footnote is ready on ${server.origin}\n`);
    await stopping;
    logger.info('stopping: answers in hand are finished first');
    const late = setTimeout(() => {
      work.abort(
        new FootnoteError('shutting-down', 'the service stopped before the answer was done'),
      );
    }, DRAIN_MS);
    await Promise.all([server.stop(), app.service.drain()]);
    clearTimeout(late);
  } finally {
    work.abort();
    await app.close();
  }
}
