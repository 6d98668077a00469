/**
 * The guard against server-side request forgery: the verdict on a literal URL (no DNS), and on an
 * address that DNS gave. Both use an allow-list of what is public by the IANA special-purpose
 * registries (RFC 6890 and updates), so that a range nobody thought of is refused. URLs are read by
 * the WHATWG parser, the same that makes the request: octal, hex, short and full-width spellings of
 * an address are normalised there, before anything is compared.
 */
import ipaddr from 'ipaddr.js';
import { endpointKey, type GuardPolicy } from './guard-policy.ts';
import { internalName } from './internal-name.ts';

export interface GuardVerdict {
  readonly allowed: boolean;
  /** One short sentence: why it is refused, or what let it through. */
  readonly reason: string;
  /** Canonical host (no trailing dot, no brackets), where the URL could be read. */
  readonly host?: string;
  readonly port?: number;
}

/** Ports of ordinary web servers; everything else is some other service until the user allows it. */
const WEB_PORTS: ReadonlySet<number> = new Set([
  80, 443, 591, 8000, 8008, 8080, 8081, 8088, 8443, 8888,
]);
const MAX_URL_LENGTH = 8_192;
/** Azure's WireServer: metadata behind an address that looks public. */
const PLATFORM_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16']);
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');
const IETF_ASSIGNMENTS = ipaddr.IPv6.parse('2001::');
const NAT64 = ipaddr.IPv6.parse('64:ff9b::');

/**
 * The verdict on a URL as it stands, without asking DNS (contract: stage `guard`).
 * Never throws; an unreadable URL is refused.
 */
export function checkUrl(url: string, policy: GuardPolicy): GuardVerdict {
  if (url.length > MAX_URL_LENGTH) return refuse('the URL is too long');
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return refuse('the URL is not valid');
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    return refuse(`the scheme ${parsed.protocol} is not http or https`);
  }
  const port = parsed.port === '' ? (parsed.protocol === 'https:' ? 443 : 80) : Number(parsed.port);
  const host = canonicalHost(parsed.hostname);
  const at = { host, port };
  if (parsed.username !== '' || parsed.password !== '') {
    return refuse('the URL carries credentials', at);
  }
  if (host === '') return refuse('the URL has no host', at);
  if (isEndpointAllowed(host, port, policy)) {
    return { allowed: true, reason: 'allowed by FOOTNOTE_FETCH_ALLOW', ...at };
  }
  if (ipaddr.isValid(host)) return { ...checkAddress(host, port, policy), ...at };
  if (isLoopbackName(host) && inNetworks(ipaddr.parse('127.0.0.1'), policy)) {
    return { allowed: true, reason: 'allowed by FOOTNOTE_FETCH_ALLOW', ...at };
  }
  const internal = internalName(host);
  if (internal !== null) return refuse(internal, at);
  if (!WEB_PORTS.has(port)) return refuse(`port ${port} is not a web port`, at);
  return { allowed: true, reason: 'public', ...at };
}

/**
 * The verdict on an address to connect to. IPv4 inside IPv6 (mapped, NAT64's well-known prefix) is
 * judged as the IPv4 address it stands for; every other wrapping (compatible, 6to4, Teredo, ISATAP,
 * local-use NAT64) is refused: those are relics, and hiding places.
 * @param ip an IPv4 or IPv6 address; a zone (`%eth0`) makes it link-local and refused
 */
export function checkAddress(ip: string, port: number, policy: GuardPolicy): GuardVerdict {
  const at = { host: ip, port };
  if (ip.includes('%') || !ipaddr.isValid(ip)) return refuse(`"${ip}" is not a usable address`, at);
  const address = unwrap(ipaddr.parse(ip));
  if (isEndpointAllowed(address.toString(), port, policy) || inNetworks(address, policy)) {
    return { allowed: true, reason: 'allowed by FOOTNOTE_FETCH_ALLOW', ...at };
  }
  const kind = specialRange(address);
  if (kind !== null) return refuse(`${ip} is a ${kind} address`, at);
  if (!WEB_PORTS.has(port)) return refuse(`port ${port} is not a web port`, at);
  return { allowed: true, reason: 'public', ...at };
}

/** True when the user listed exactly this host and port. */
export function isEndpointAllowed(host: string, port: number, policy: GuardPolicy): boolean {
  return policy.endpoints.size > 0 && policy.endpoints.has(endpointKey(host, port));
}

/** Host names that mean this machine (RFC 6761). */
function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

function refuse(reason: string, at: { host?: string; port?: number } = {}): GuardVerdict {
  return { allowed: false, reason, ...at };
}

/** No brackets, no trailing dots, IPv6 in its shortest form, mapped IPv4 as IPv4. */
function canonicalHost(hostname: string): string {
  const host = hostname.replace(/^\[|\]$/gu, '').replace(/(?<!\.)\.+$/u, '');
  return ipaddr.isValid(host) ? unwrap(ipaddr.parse(host)).toString() : host;
}

function unwrap(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address.kind() === 'ipv4') return address;
  const v6 = address as ipaddr.IPv6;
  const parts = v6.parts;
  const mapped = parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff;
  return mapped || v6.match(NAT64, 96) ? embedded(v6) : v6;
}

/** The IPv4 address in the last 32 bits. */
function embedded(address: ipaddr.IPv6): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

function inNetworks(address: ipaddr.IPv4 | ipaddr.IPv6, policy: GuardPolicy): boolean {
  return policy.networks.some(([network, bits]) =>
    network.kind() === address.kind() ? address.match(network, bits) : false,
  );
}

/** The name of the special range an address lies in, or null when it is public. */
function specialRange(address: ipaddr.IPv4 | ipaddr.IPv6): string | null {
  if (address.kind() === 'ipv4') {
    const range = address.range();
    if (range !== 'unicast') return range;
    return PLATFORM_ADDRESSES.has(address.toString()) ? 'platform metadata' : null;
  }
  const v6 = address as ipaddr.IPv6;
  const range = v6.range();
  if (range !== 'unicast') return range;
  // ISATAP (RFC 5214): the interface identifier ::0:5efe:a.b.c.d or ::200:5efe:a.b.c.d.
  if (v6.parts[5] === 0x5efe && ((v6.parts[4] ?? 0) & 0xfdff) === 0) return 'ISATAP';
  if (v6.match(IETF_ASSIGNMENTS, 23)) return 'reserved';
  return v6.match(GLOBAL_UNICAST, 3) ? null : 'reserved';
}
