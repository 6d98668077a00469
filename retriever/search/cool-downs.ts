import type { FootnoteError } from '../../src/core/errors.ts';

/** Rest after a refusal that named no time, in seconds. */
const DEFAULT_REST_SECONDS = { 'search-rate-limited': 60, 'search-captcha': 300 } as const;

/**
 * Which providers are left alone, and for how long: one that limits our rate or asks for a CAPTCHA is
 * not asked again before its `Retry-After` has passed. One object for a process.
 */
export class CoolDowns {
  readonly #now: () => number;
  readonly #rests = new Map<string, { readonly untilMs: number; readonly code: string }>();

  /** @param now the present in ms, for tests */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Notes an error; only a rate limit or a CAPTCHA makes the provider rest. */
  note(provider: string, error: FootnoteError): void {
    if (error.code !== 'search-rate-limited' && error.code !== 'search-captcha') return;
    const seconds = error.retryAfterSeconds ?? DEFAULT_REST_SECONDS[error.code];
    const untilMs = this.#now() + seconds * 1_000;
    const known = this.#rests.get(provider);
    if (known !== undefined && known.untilMs >= untilMs) return;
    this.#rests.set(provider, { untilMs, code: error.code });
  }

  /** Whole seconds that the provider still rests, and why; null when it may be asked. */
  resting(provider: string): { readonly seconds: number; readonly code: string } | null {
    const rest = this.#rests.get(provider);
    if (rest === undefined) return null;
    const seconds = Math.ceil((rest.untilMs - this.#now()) / 1_000);
    if (seconds > 0) return { seconds, code: rest.code };
    this.#rests.delete(provider);
    return null;
  }
}
