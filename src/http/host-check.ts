/**
 * Keeps other people's web pages out. By DNS rebinding a page of evil.example gets to a service on
 * loopback and may read what it says, since for the browser both are one origin; its `Host` tells.
 */
import type { NextFunction, Request, Response } from 'express';
import ipaddr from 'ipaddr.js';
import { FootnoteError } from '../core/errors.ts';

export interface HostCheckOptions {
  /** The address that is listened on. */
  readonly host: string;
  /** Names that are served as well, such as a reverse proxy's; `*`: any. */
  readonly allowedHosts: readonly string[];
  /** Origins whose pages may call; `*`: any. */
  readonly corsOrigins: readonly string[];
  /** Whether a request needs a key, which no foreign page has. */
  readonly keyed: boolean;
}

/** What is watched under whatever address an orchestrator knows; it tells nothing but that it runs. */
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * A middleware. A loopback address is served under loopback names and the allowed ones only. Without keys
 * an `Origin` must be the service's own, or one that may call.
 * @throws FootnoteError `host-refused`
 */
export function hostCheck({ host, allowedHosts, corsOrigins, keyed }: HostCheckOptions) {
  // An entry may have a port or a scheme all the same: the name counts.
  const names = new Set(
    allowedHosts.map((entry) => nameOf(entry.includes('://') ? entry : `http://${entry}`) ?? entry),
  );
  const any = allowedHosts.includes('*');
  const strict = !any && (isLoopback(host) || names.size > 0);
  return (request: Request, _: Response, next: NextFunction): void => {
    if (PROBES.has(request.path)) {
      next();
      return;
    }
    const asked = nameOf(`http://${request.get('host') ?? ''}`);
    if (strict && (asked === null || !(isLoopback(asked) || asked === host || names.has(asked)))) {
      throw new FootnoteError(
        'host-refused',
        `the name ${JSON.stringify(asked ?? '')} is not served here; FOOTNOTE_ALLOWED_HOSTS adds names`,
      );
    }
    const origin = request.get('origin');
    if (!keyed && origin !== undefined && !isOwn(origin, asked)) {
      throw new FootnoteError(
        'host-refused',
        `pages of ${JSON.stringify(origin.slice(0, 200))} may not call this service; FOOTNOTE_CORS_ORIGINS lets them, FOOTNOTE_ALLOWED_HOSTS names a reverse proxy`,
      );
    }
    next();
  };

  function isOwn(origin: string, asked: string | null): boolean {
    if (corsOrigins.includes('*') || corsOrigins.includes(origin)) return true;
    const name = nameOf(origin);
    return name !== null && (name === asked || any || names.has(name));
  }
}

/** The host name of a URL, in lower case; null for what is none. */
function nameOf(url: string): string | null {
  try {
    return new URL(url).hostname.replace(/^\[|\]$/gu, '') || null;
  } catch {
    return null;
  }
}

function isLoopback(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const address = name.replace(/^\[|\]$/gu, '');
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
