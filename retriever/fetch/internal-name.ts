/**
 * Host names that are internal by themselves, or that exist to point at internal addresses. DNS is
 * not asked: the resolved addresses are checked later, on their own.
 */

/** Names reserved for private use (RFC 6761, 6762, 7686, 8375, 9476, ICANN's `.internal`) or used so. */
const INTERNAL_SUFFIXES = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
  'test',
  'invalid',
  'onion',
  'alt',
  'arpa',
  'docker',
  'consul',
  'kube',
  'svc',
  'router',
  'gateway',
  'workgroup',
  'domain',
  'fritz.box',
  'mshome.net',
];

/** Metadata endpoints of clouds that have a public-looking name. */
const METADATA_NAMES = [
  'metadata.google.com',
  'metadata.goog',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'metadata.azure.com',
  'metadata.tencentyun.com',
  'metadata.aliyun.com',
  'instance-data.ec2.amazonaws.com',
];

/**
 * DNS services whose names resolve to whatever address they spell, to loopback, or to a changing
 * address (rebinding). No page worth reading lives there.
 */
const WILDCARD_DNS = [
  'nip.io',
  'sslip.io',
  'xip.io',
  'ip6.name',
  'traefik.me',
  'backname.io',
  'localtest.me',
  'localh.st',
  'local.gd',
  'localho.st',
  'localdev.me',
  'lvh.me',
  'vcap.me',
  'lacolhost.com',
  'fuf.me',
  'bugbounty.dod.network',
  '127-0-0-1.org.uk',
  '1u.ms',
  'rbndr.us',
  'rebind.it',
  'rebind.network',
  'oastify.com',
  'burpcollaborator.net',
  'interact.sh',
  'r3dir.me',
];

const endsWith = (host: string, suffix: string): boolean =>
  host === suffix || host.endsWith(`.${suffix}`);

/**
 * Why a name is refused, or null when it may be asked of DNS.
 * @param host lower case, without a trailing dot, as the WHATWG URL parser gives it
 */
export function internalName(host: string): string | null {
  if (!host.includes('.')) return `"${host}" is a single-label name, which is internal`;
  if (host.length > 253 || host.split('.').some((label) => label === '' || label.length > 63)) {
    return `"${host}" is not a valid DNS name`;
  }
  const suffix = INTERNAL_SUFFIXES.find((name) => endsWith(host, name));
  if (suffix !== undefined) return `names under .${suffix} are internal`;
  if (METADATA_NAMES.some((name) => endsWith(host, name))) {
    return `"${host}" is a cloud metadata service`;
  }
  const wildcard = WILDCARD_DNS.find((name) => endsWith(host, name));
  if (wildcard !== undefined) return `names under ${wildcard} stand for arbitrary addresses`;
  return null;
}
