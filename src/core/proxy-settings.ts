/**
 * Which proxy a request goes through, by the variables that curl and browsers read: `HTTP_PROXY`,
 * `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` (names with or without a leading dot or `*`, ports, addresses,
 * networks such as `10.0.0.0/8`).
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface ProxySettings {
  /** Proxy of plain HTTP, as a URL; undefined: none. */
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  /** Comma- or blank-separated; `*`: no proxy at all. */
  readonly except?: string | undefined;
}

interface Exception {
  readonly host: string;
  /** True for `.example.org` and `*.example.org`: names below it only count when written so by some, both by all. */
  readonly port: string | null;
  readonly network: readonly [ipaddr.IPv4 | ipaddr.IPv6, number] | null;
}

/** The URL of the proxy for a target; null: directly. */
export type ChooseProxy = (target: URL) => URL | null;

/**
 * Reads the settings once.
 * @throws TypeError when a proxy is no URL; the message does not hold it (it may carry a password)
 */
export function proxyChooser(settings: ProxySettings): ChooseProxy {
  const proxies = { 'http:': parseProxy(settings.http), 'https:': parseProxy(settings.https) };
  const exceptions = (settings.except ?? '')
    .split(/[\s,]+/u)
    .filter((part) => part !== '')
    .map(parseException);
  const direct = exceptions.some(({ host }) => host === '*');
  return (target) => {
    const proxy = proxies[target.protocol as 'http:' | 'https:'] ?? null;
    if (proxy === null || direct) return null;
    const host = target.hostname
      .replace(/^\[|\]$/gu, '')
      .replace(/\.$/u, '')
      .toLowerCase();
    const port = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
    return exceptions.some((exception) => covers(exception, host, port)) ? null : proxy;
  };
}

/** A proxy's URL as it may be shown: without user and password. */
export function shownProxy(url: string): string {
  const parsed = parseProxy(url);
  return parsed === null ? '' : `${parsed.protocol}//${parsed.host}`;
}

function parseProxy(text: string | undefined): URL | null {
  if (text === undefined || text.trim() === '') return null;
  const url = text.includes('://') ? text.trim() : `http://${text.trim()}`;
  if (!URL.canParse(url))
    throw new TypeError('a proxy variable is no URL such as http://proxy.example:3128');
  const parsed = new URL(url);
  if (!/^(?:https?|socks5h?):$/u.test(parsed.protocol)) {
    throw new TypeError(
      `proxies of the scheme ${parsed.protocol} are not supported; use http, https or socks5`,
    );
  }
  return parsed;
}

function parseException(part: string): Exception {
  const text = part.toLowerCase();
  const [address = '', bits] = text.replace(/^\[|\]$/gu, '').split('/');
  if (bits !== undefined && isIP(address) !== 0 && /^\d{1,3}$/u.test(bits)) {
    return { host: address, port: null, network: [ipaddr.parse(address), Number(bits)] };
  }
  if (isIP(address) !== 0)
    return { host: ipaddr.parse(address).toString(), port: null, network: null };
  const match = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/u.exec(text);
  const host = (match?.[1] ?? text).replace(/^\[|\]$/gu, '');
  return {
    host: host === '*' ? '*' : host.replace(/^\*?\.+/u, '').replace(/\.$/u, ''),
    port: match?.[2] ?? null,
    network: null,
  };
}

function covers(
  { host: name, port: wanted, network }: Exception,
  host: string,
  port: string,
): boolean {
  if (wanted !== null && wanted !== port) return false;
  if (network !== null) {
    if (isIP(host) === 0) return false;
    const address = ipaddr.process(host);
    const [base, bits] = network;
    return address.kind() === base.kind() && address.match(base, bits);
  }
  if (isIP(host) !== 0) return ipaddr.process(host).toString() === name;
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}
