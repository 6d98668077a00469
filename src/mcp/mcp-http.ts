/** MCP over streamable HTTP at `/mcp`, behind the checks that keep other people's web pages out. */
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  originValidationResponse,
  type McpServer,
} from '@modelcontextprotocol/server';
import express, {
  type Request as Incoming,
  type RequestHandler,
  type Response as Outgoing,
} from 'express';
import { FootnoteError, toFootnoteError, toProblem } from '../core/errors.ts';
import { acceptedForm, acceptingBoth, inForm } from './mcp-accept.ts';
import { boundedJson } from '../http/json-body.ts';

const MAX_BODY_BYTES = 1024 * 1024;

export interface McpHttpOptions {
  readonly createServer: () => McpServer;
  /** Lets a request with a valid API key through. */
  readonly authorise: RequestHandler;
  /** The address that is listened on: its name is accepted in `Host` and `Origin` beside the loopback ones. */
  readonly host: string;
}

/** An express application that serves MCP at `/mcp`, without sessions. */
export function createMcpHttpApp({
  createServer,
  authorise,
  host,
}: McpHttpOptions): express.Express {
  const handler = createMcpHandler(() => createServer());
  const names = [...localhostAllowedHostnames(), host.includes(':') ? `[${host}]` : host];
  const app = express();
  app.disable('x-powered-by');
  app.all('/mcp', (request, response, next) => {
    // DNS rebinding (MCP, "Transports: Security Warning"): a page of evil.example that resolves to us still says so.
    const head = new Request(`http://${host.includes(':') ? `[${host}]` : host}/mcp`, {
      headers: webHeaders(request),
    });
    const refused =
      hostHeaderValidationResponse(head, names) ?? originValidationResponse(head, names);
    if (refused === undefined) next();
    else void sendWebResponse(refused, response);
  });
  app.all('/mcp', authorise, boundedJson(MAX_BODY_BYTES), async (request, response) => {
    const form = acceptedForm(request.get('accept'));
    if (form === null) {
      throw new FootnoteError(
        'not-acceptable',
        'this answers with application/json or text/event-stream',
      );
    }
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const body: unknown = request.body;
    const web = new Request(`http://localhost${request.originalUrl}`, {
      method: request.method,
      headers: acceptingBoth(webHeaders(request)),
      signal: gone.signal,
      ...(request.method === 'POST' ? { body: JSON.stringify(body) } : {}),
    });
    const answer = await handler.fetch(web, request.method === 'POST' ? { parsedBody: body } : {});
    await sendWebResponse(await inForm(answer, form), response);
  });
  app.use((request: Incoming) => {
    throw new FootnoteError('not-found', `there is nothing at ${request.path}; MCP is at /mcp`);
  });
  app.use((thrown: unknown, _: Incoming, response: Outgoing, _next: unknown) => {
    const { status } = thrown as { readonly status?: unknown };
    const error =
      thrown instanceof FootnoteError || typeof status !== 'number' || status >= 500
        ? toFootnoteError(thrown)
        : new FootnoteError(
            status === 413 ? 'body-too-large' : 'bad-json',
            (thrown as Error).message,
          );
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (error.code === 'unauthorized') response.set('www-authenticate', 'Bearer');
    response
      .status(error.status)
      .type('application/problem+json')
      .send(JSON.stringify(toProblem(error)));
  });
  return app;
}

function webHeaders(request: Incoming): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers.set(name, value);
    else for (const one of value ?? []) headers.append(name, one);
  }
  // The body is written anew.
  headers.delete('content-length');
  headers.delete('transfer-encoding');
  return headers;
}

/** Writes a fetch response, piece by piece; a client that leaves ends the work behind it. */
async function sendWebResponse(from: Response, to: Outgoing): Promise<void> {
  to.status(from.status);
  for (const [name, value] of from.headers) to.setHeader(name, value);
  if (from.body === null) {
    to.end();
    return;
  }
  to.flushHeaders();
  const reader = from.body.getReader();
  const leave = (): void => {
    reader.cancel().catch(() => undefined);
  };
  to.once('close', leave);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || to.destroyed) break;
      if (!to.write(value)) {
        await new Promise<void>((resolve) => {
          to.once('drain', resolve);
          to.once('close', resolve);
        });
      }
    }
  } finally {
    to.off('close', leave);
    to.end();
  }
}
