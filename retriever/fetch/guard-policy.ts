/**
 * What the user lets through the guard: `FOOTNOTE_FETCH_ALLOW`, a list of `host:port`, `ip:port`,
 * `[ipv6]:port` or CIDR entries. Empty by default: then only the public web is reachable.
 */
import ipaddr from 'ipaddr.js';
import { FootnoteError } from '../../src/core/errors.ts';

export interface GuardPolicy {
  /** `host:port` pairs in canonical spelling (`127.0.0.1:8080`, `[::1]:80`, `wiki.corp.example:443`). */
  readonly endpoints: ReadonlySet<string>;
  /** Networks that are reachable on any port. */
  readonly networks: readonly (readonly [ipaddr.IPv4 | ipaddr.IPv6, number])[];
}

/** The default: nothing but the public web. */
export const PUBLIC_WEB_ONLY: GuardPolicy = Object.freeze({
  endpoints: new Set<string>(),
  networks: [],
});

/**
 * Reads the entries of `FOOTNOTE_FETCH_ALLOW`.
 * @throws FootnoteError `config-invalid`, naming the entry and what it should look like. A CIDR whose
 *   host bits are set, an odd IPv4 spelling or a missing port is taken for a typo, since a guess
 *   might open more than was meant.
 */
export function parseFetchAllow(entries: readonly string[]): GuardPolicy {
  const endpoints = new Set<string>();
  const networks: (readonly [ipaddr.IPv4 | ipaddr.IPv6, number])[] = [];
  for (const raw of entries) {
    const entry = raw.trim();
    if (entry === '') continue;
    if (entry.includes('/')) networks.push(parseNetwork(entry));
    else endpoints.add(parseEndpoint(entry));
  }
  return Object.freeze({ endpoints, networks });
}

/** The canonical key of an endpoint, as `GuardPolicy.endpoints` holds it. */
export function endpointKey(host: string, port: number): string {
  const name = host.replace(/(?<!\.)\.+$/u, '').toLowerCase();
  return name.includes(':') && !name.startsWith('[') ? `[${name}]:${port}` : `${name}:${port}`;
}

function invalid(entry: string, why: string): FootnoteError {
  return new FootnoteError('config-invalid', `FOOTNOTE_FETCH_ALLOW: "${entry}" ${why}`);
}

function parseNetwork(entry: string): readonly [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const match = /^([0-9a-f:.]+)\/(\d{1,3})$/iu.exec(entry);
  const address = match?.[1] ?? '';
  const bits = Number(match?.[2]);
  const v4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  if (match === null || (!v4 && !(address.includes(':') && ipaddr.IPv6.isValid(address)))) {
    throw invalid(entry, 'is not a CIDR; write it like 10.1.0.0/16 or fd12::/48');
  }
  if (bits > (v4 ? 32 : 128)) throw invalid(entry, `has a prefix longer than ${v4 ? 32 : 128}`);
  const parsed = ipaddr.parse(address);
  const network = v4
    ? ipaddr.IPv4.networkAddressFromCIDR(entry)
    : ipaddr.IPv6.networkAddressFromCIDR(entry);
  if (network.toString() !== parsed.toString()) {
    throw invalid(entry, `has host bits set; did you mean ${network.toString()}/${bits}?`);
  }
  return [parsed, bits];
}

function parseEndpoint(entry: string): string {
  const match = /^(\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/u.exec(entry);
  const host = match?.[1] ?? '';
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) {
    throw invalid(entry, 'is neither host:port nor a CIDR; write it like 127.0.0.1:8080');
  }
  let canonical: string;
  try {
    const url = new URL(`http://${host}:${port}/`);
    if (url.username !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
      throw new TypeError('more than a host');
    }
    canonical = url.hostname;
  } catch (error) {
    throw new FootnoteError(
      'config-invalid',
      `FOOTNOTE_FETCH_ALLOW: "${entry}" does not name a host`,
      { cause: error },
    );
  }
  if (ipaddr.IPv4.isValidFourPartDecimal(canonical) && canonical !== host) {
    throw invalid(entry, `is an odd spelling of ${canonical}; write it out`);
  }
  return endpointKey(canonical, port);
}
