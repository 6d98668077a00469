/** A TCP proxy between a browser and the service, whose line a test can cut. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly origin: string;
  /** Breaks every open connection. */
  cut(): void;
  /** While true, new connections are broken at once. */
  refuse: boolean;
  close(): Promise<void>;
}

/** Starts the proxy in front of `http://127.0.0.1:port` of the service. */
export async function startCuttingProxy(serviceOrigin: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(serviceOrigin);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  };
  const server = createServer((incoming) => {
    keep(incoming);
    if (proxy.refuse) {
      incoming.destroy();
      return;
    }
    const outgoing = connect(Number(port), hostname);
    keep(outgoing);
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on('close', () => outgoing.destroy());
    outgoing.on('close', () => incoming.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const proxy: CuttingProxy = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse: false,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
