/**
 * An undici Agent that can only connect where the guard allows: each connection resolves its host
 * once, checks every address, and uses exactly those (pinned), so that no second DNS answer can lead
 * elsewhere. Literal addresses never reach a lookup hook; they are checked before connecting.
 */
import type { LookupFunction, Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { FootnoteError } from '../../src/core/errors.ts';
import {
  proxyChooser,
  type ChooseProxy,
  type ProxySettings,
} from '../../src/core/proxy-settings.ts';
import { ProxyDispatcher } from '../../src/runtime/proxy-dispatcher.ts';
import { CheckedResolver, type Resolve, type ResolvedAddress } from './checked-resolver.ts';
import { checkAddress, isEndpointAllowed } from './guard.ts';
import type { GuardPolicy } from './guard-policy.ts';

export interface GuardedDispatcherOptions {
  readonly policy: GuardPolicy;
  readonly resolve?: Resolve | undefined;
  readonly connectTimeoutMs?: number | undefined;
  /** Connections to one origin at a time; more requests wait. */
  readonly connectionsPerHost?: number | undefined;
  /** Certificate authority (PEM) for tests and intranets; default: Node's own list. */
  readonly ca?: string | undefined;
  /**
   * Behind a proxy only names and literal addresses are judged: the proxy asks DNS, and the address that it
   * connects to is not seen here.
   */
  readonly proxy?: ProxySettings | undefined;
}

export interface GuardedDispatcher {
  readonly agent: Dispatcher;
  /** The proxy of a URL; null: directly. */
  readonly proxyFor: ChooseProxy;
  /** A checked and pinned connection to the URL's host that speaks HTTP/1.1; not through proxies. */
  readonly openSocket: (url: URL) => Promise<Socket>;
  readonly resolver: CheckedResolver;
  readonly policy: GuardPolicy;
  /** Drops all connections at once. */
  close(): Promise<void>;
}

/** Makes the one dispatcher that the fetcher, robots.txt and the renderer's proxy share. */
export function makeGuardedDispatcher(options: GuardedDispatcherOptions): GuardedDispatcher {
  const { policy } = options;
  const resolver = new CheckedResolver({ policy, resolve: options.resolve });
  const shared = {
    timeout: options.connectTimeoutMs ?? 5_000,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  // The lookup hook is told the host but not the port, and the verdict depends on both: one connector
  // per port, and the checked addresses are handed over by host and port.
  const pinned = new LRUCache<string, readonly ResolvedAddress[]>({ max: 2_000 });
  const connectors = new Map<string, buildConnector.connector>();
  const connectorFor = (port: number, allowH2: boolean): buildConnector.connector => {
    const key = `${port} ${allowH2}`;
    let connector = connectors.get(key);
    if (connector === undefined) {
      const lookup: LookupFunction = (hostname, lookupOptions, callback) => {
        const addresses = pinned.get(`${hostname}:${port}`) ?? [];
        const [first] = addresses;
        if (first === undefined) {
          callback(new FootnoteError('url-refused', `${hostname} was not checked`), '', 0);
        } else if (lookupOptions.all === true) {
          callback(
            null,
            addresses.map(({ address, family }) => ({ address, family })),
          );
        } else callback(null, first.address, first.family);
      };
      connector = buildConnector({ ...shared, allowH2, lookup });
      connectors.set(key, connector);
    }
    return connector;
  };
  const connectBy = (
    allowH2: boolean,
    target: buildConnector.Options,
    settle: buildConnector.Callback,
  ): void => {
    const host = target.hostname.replace(/^\[|\]$/gu, '');
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    const open = async (): Promise<void> => {
      pinned.set(`${host}:${port}`, await resolver.addresses(host, port));
      connectorFor(port, allowH2)({ ...target, hostname: host }, (error, socket) => {
        if (error !== null) {
          settle(error, null);
          return;
        }
        // Belt and braces: what we are connected to, whatever led there.
        const remote = socket.remoteAddress ?? '';
        const trusted =
          isEndpointAllowed(host, port, policy) || checkAddress(remote, port, policy).allowed;
        if (trusted) settle(null, socket);
        else {
          socket.destroy();
          settle(new FootnoteError('url-refused', `${host} led to ${remote}`), null);
        }
      });
    };
    open().catch((error: Error) => settle(error, null));
  };
  const limits = {
    connections: options.connectionsPerHost ?? 4,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 30_000,
    maxHeaderSize: 32_768,
  };
  const direct = new Agent({
    ...limits,
    connect: (target, settle) => connectBy(true, target, settle),
    allowH2: true,
  });
  const proxyFor = proxyChooser(options.proxy ?? {});
  const agent = new ProxyDispatcher(direct, proxyFor, limits);
  const openSocket = (url: URL): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const { hostname, host, protocol, port } = url;
      const servername = hostname;
      connectBy(false, { hostname, host, protocol, port, servername }, (error, socket) => {
        if (error === null) resolve(socket);
        else reject(error);
      });
    });
  return { agent, proxyFor, openSocket, resolver, policy, close: () => agent.destroy() };
}
