/**
 * Names to addresses, checked: the only way from a host name to a socket in this room. An answer
 * with one private address among public ones is refused whole, since a client that picks the public
 * one today picks the other tomorrow (DNS rebinding). Answers are kept briefly; the check is done
 * anew for each connection, because it depends on the port.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { LRUCache } from 'lru-cache';
import { FootnoteError } from '../../src/core/errors.ts';
import { checkAddress, isEndpointAllowed } from './guard.ts';
import type { GuardPolicy } from './guard-policy.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Asks DNS; throws what it throws. Injected by tests. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true, verbatim: true })).map(({ address, family }) => ({
    address,
    family: family === 6 ? 6 : 4,
  }));

export interface CheckedResolverOptions {
  readonly policy: GuardPolicy;
  readonly resolve?: Resolve | undefined;
  /** How long an answer is kept; getaddrinfo gives no TTL. */
  readonly cacheMs?: number | undefined;
}

export class CheckedResolver {
  readonly #policy: GuardPolicy;
  readonly #resolve: Resolve;
  readonly #answers: LRUCache<string, Promise<readonly ResolvedAddress[]>>;

  constructor(options: CheckedResolverOptions) {
    this.#policy = options.policy;
    this.#resolve = options.resolve ?? systemResolve;
    this.#answers = new LRUCache({ max: 1_000, ttl: options.cacheMs ?? 30_000 });
  }

  /**
   * Addresses that a connection to `hostname:port` may use; never empty. Literal addresses are
   * checked too.
   * @param hostname a name or an address, IPv6 without brackets
   * @throws FootnoteError `url-refused` (an address is not public), `fetch-failed` (DNS has none)
   */
  async addresses(hostname: string, port: number): Promise<readonly ResolvedAddress[]> {
    const host = hostname.replace(/^\[|\]$/gu, '');
    const literal = isIP(host);
    const found: readonly ResolvedAddress[] =
      literal === 0 ? await this.#ask(host) : [{ address: host, family: literal === 6 ? 6 : 4 }];
    if (found.length === 0) throw this.#unknown(host);
    if (isEndpointAllowed(host, port, this.#policy)) return found;
    const verdicts = found.map((each) => checkAddress(each.address, port, this.#policy));
    const refused = verdicts.find((verdict) => !verdict.allowed);
    if (refused === undefined) return found;
    // The user may have listed one of the name's addresses: that one, and no other, is then used.
    const listed = found.filter((_, index) => {
      const verdict = verdicts[index];
      return verdict?.allowed === true && verdict.reason !== 'public';
    });
    if (listed.length > 0) return listed;
    throw new FootnoteError('url-refused', `${host}: ${refused.reason}`, { stage: 'fetch' });
  }

  async #ask(host: string): Promise<readonly ResolvedAddress[]> {
    let answer = this.#answers.get(host);
    if (answer === undefined) {
      answer = this.#resolve(host);
      this.#answers.set(host, answer);
      answer.catch(() => this.#answers.delete(host));
    }
    try {
      return await answer;
    } catch (error) {
      throw this.#unknown(host, error);
    }
  }

  #unknown(host: string, cause?: unknown): FootnoteError {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code;
    return new FootnoteError(
      'fetch-failed',
      `the host name ${host} has no address${code === undefined ? '' : ` (${code})`}`,
      { stage: 'fetch', cause },
    );
  }
}
