type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Whole seconds to wait, from `Retry-After` (RFC 9110, 10.2.3: seconds or an HTTP date) or, without
 * it, from `X-RateLimit-Reset` beside `X-RateLimit-Remaining` (comma-separated windows, as Brave sends
 * them): the longest window with nothing left. Null when neither is there; at most a day.
 * @param nowMs the present, in ms since 1970
 */
export function retryAfterSeconds(headers: Headers, nowMs: number): number | null {
  const value = first(headers['retry-after']).trim();
  if (/^\d+$/u.test(value)) return cap(Number(value));
  if (value !== '') {
    const at = Date.parse(value);
    if (!Number.isNaN(at)) return cap(Math.ceil((at - nowMs) / 1_000));
  }
  const resets = numbers(headers['x-ratelimit-reset']);
  const remaining = numbers(headers['x-ratelimit-remaining']);
  const spent = resets.filter((_, index) => (remaining[index] ?? 0) <= 0);
  return spent.length === 0 ? null : cap(Math.max(...spent));
}

const cap = (seconds: number): number => Math.min(86_400, Math.max(0, seconds));

const first = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? value[0] : value) ?? '';

const numbers = (value: string | string[] | undefined): number[] =>
  first(value)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^\d+$/u.test(part))
    .map(Number);
