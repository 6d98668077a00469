/** Who may ask the service, how often, and from which pages: what `footnote doctor` says of it. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { CONFIG_FIELDS, type Config } from '../core/config.ts';
import { toFootnoteError } from '../core/errors.ts';
import { bearerCheck } from '../http/bearer-check.ts';
import type { DoctorProbe, Finding } from './doctor-probe.ts';

/** True when only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/gu, '');
  if (isIP(plain) === 0) return plain.toLowerCase() === 'localhost';
  return ipaddr.process(plain).range() === 'loopback';
}

export const probeAccess: DoctorProbe = (config) =>
  Promise.resolve([apiKeys(config), rateLimit(config), cors(config)]);

function apiKeys({ apiKeys: keys, host }: Config): Finding {
  const part = 'keys';
  const env = CONFIG_FIELDS.apiKeys.env;
  if (keys.length === 0) {
    const open = `none (${env}): open to anyone who reaches ${host}`;
    return isLoopback(host)
      ? { part, state: 'ok', detail: `${open}, which only this machine does` }
      : { part, state: 'warn', detail: open, fix: `footnote keys new, and put the hash in ${env}` };
  }
  try {
    bearerCheck(keys);
  } catch (error) {
    const detail = toFootnoteError(error).message;
    return { part, state: 'fail', detail, fix: `correct ${env}: footnote keys new makes a key` };
  }
  const plain = keys.filter((key) => !/^(?:sha256|scrypt):/u.test(key)).length;
  const count = `${keys.length} ${keys.length === 1 ? 'key' : 'keys'} (${env})`;
  return plain === 0
    ? { part, state: 'ok', detail: `${count}, hashed` }
    : {
        part,
        state: 'warn',
        detail: `${count}, ${plain} of them in plain text`,
        fix: 'hash them with footnote keys new',
      };
}

function rateLimit({ rateLimit: limit, apiKeys: keys, host }: Config): Finding {
  const part = 'rate limit';
  const env = CONFIG_FIELDS.rateLimit.env;
  if (limit > 0) {
    const each = keys.length > 0 ? 'key' : 'address';
    return { part, state: 'ok', detail: `${limit} requests a minute of one ${each} (${env})` };
  }
  return isLoopback(host)
    ? { part, state: 'ok', detail: `none (${env})` }
    : {
        part,
        state: 'warn',
        detail: `none (${env}): one client can take all places`,
        fix: `set ${env} to requests a minute, such as 60`,
      };
}

function cors({ corsOrigins: origins, apiKeys: keys }: Config): Finding {
  const part = 'CORS';
  const env = CONFIG_FIELDS.corsOrigins.env;
  if (origins.length === 0) {
    return { part, state: 'ok', detail: `closed (${env}): pages of other sites cannot call it` };
  }
  if (origins.includes('*') && keys.length === 0) {
    return {
      part,
      state: 'warn',
      detail: `any page may call it (${env}), and no key is wanted`,
      fix: `name the origins in ${env}, or set ${CONFIG_FIELDS.apiKeys.env}`,
    };
  }
  const who = origins.includes('*') ? 'any page, with a key' : origins.join(', ');
  return { part, state: 'ok', detail: `open to ${who} (${env})` };
}
