/** An undici dispatcher that sends each request directly or through the proxy that the settings choose. */
import { Agent, Dispatcher, ProxyAgent } from 'undici';
import { proxyChooser, type ChooseProxy, type ProxySettings } from '../core/proxy-settings.ts';

export class ProxyDispatcher extends Dispatcher {
  readonly #direct: Dispatcher;
  readonly #choose: ChooseProxy;
  readonly #options: Agent.Options;
  readonly #proxies = new Map<string, ProxyAgent>();

  /**
   * @param direct for targets without a proxy; closed with this one
   * @param options of the agents behind proxies
   */
  constructor(direct: Dispatcher, choose: ChooseProxy, options: Agent.Options = {}) {
    super();
    this.#direct = direct;
    this.#choose = choose;
    this.#options = options;
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const proxy = options.origin === undefined ? null : this.#choose(new URL(options.origin));
    return (proxy === null ? this.#direct : this.#agent(proxy)).dispatch(options, handler);
  }

  #agent(proxy: URL): ProxyAgent {
    let agent = this.#proxies.get(proxy.href);
    if (agent === undefined) {
      agent = new ProxyAgent({
        ...this.#options,
        uri: proxy.href.replace(/^socks5h:/u, 'socks5:'),
        // Plain HTTP goes through with its whole URL: many proxies allow CONNECT to port 443 only.
        proxyTunnel: false,
      });
      this.#proxies.set(proxy.href, agent);
    }
    return agent;
  }

  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | void {
    const all = this.#each((agent) => agent.close());
    if (callback === undefined) return all;
    void all.finally(() => setImmediate(callback));
  }

  override destroy(): Promise<void>;
  override destroy(error: Error | null): Promise<void>;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null, callback: () => void): void;
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | void {
    const callback = typeof first === 'function' ? first : second;
    const all = this.#each((agent) => agent.destroy());
    if (callback === undefined) return all;
    void all.finally(() => setImmediate(callback));
  }

  async #each(end: (agent: Dispatcher) => Promise<void>): Promise<void> {
    await Promise.all([this.#direct, ...this.#proxies.values()].map(end));
  }
}

/**
 * The dispatcher for a service that the user configured (a search engine, the hub, a generator elsewhere).
 * Close it when it is no longer needed.
 */
export function serviceDispatcher(proxy: ProxySettings, options: Agent.Options = {}): Dispatcher {
  return new ProxyDispatcher(new Agent(options), proxyChooser(proxy), options);
}
