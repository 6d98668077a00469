import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { FootnoteError } from '../core/errors.ts';

export interface RunningServer {
  /** `http://host:port`, with the port that was really bound. */
  readonly origin: string;
  /** Stops listening, lets answers in hand finish, then closes idle connections. */
  stop(): Promise<void>;
}

/** @throws FootnoteError `config-invalid` when the address cannot be bound */
export async function listen(app: Express, host: string, port: number): Promise<RunningServer> {
  const server: Server = createServer(app);
  // An answer may take minutes on a slow machine; headers and bodies may not.
  server.requestTimeout = 30_000;
  server.headersTimeout = 15_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new FootnoteError('config-invalid', `cannot listen on ${host}:${port}: ${error.message}`),
      );
    });
    server.listen(port, host, () => resolve());
  });
  const address = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    origin: `http://${name}:${address.port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
