/**
 * How long a response may be kept and believed, by RFC 9111 (a shared cache's rules: `private` is not
 * kept, as questions of several people are answered from one cache).
 */
export interface Lifetime {
  /** False: the response must not be kept at all. */
  readonly storable: boolean;
  /** How long it is fresh, in ms from now; 0: it has to be asked about before each use. */
  readonly freshMs: number;
  /** How long after that it may be served while a newer one is fetched; 0: never. */
  readonly staleMs: number;
}

const DAY_MS = 86_400_000;
/** A server that says "a year" is not believed for longer: answers are about now. */
const MAX_FRESH_MS = 7 * DAY_MS;
const NEVER: Lifetime = { storable: false, freshMs: 0, staleMs: 0 };

/**
 * @param header a response header by its lower-case name
 * @param otherwiseMs how long a response without any word of its own is fresh, at most
 */
export function httpLifetime(
  header: (name: string) => string | undefined,
  nowMs: number,
  otherwiseMs: number,
): Lifetime {
  const control = directives(header('cache-control') ?? '');
  if (control.has('no-store') || control.has('private') || header('vary')?.trim() === '*') {
    return NEVER;
  }
  // A page that sets a cookie was perhaps made for whoever asked.
  if (header('set-cookie') !== undefined && !control.has('public')) {
    return { storable: control.size > 0, freshMs: 0, staleMs: 0 };
  }
  const strict =
    control.has('must-revalidate') || control.has('proxy-revalidate') || control.has('no-cache');
  const staleMs = strict ? 0 : (seconds(control.get('stale-while-revalidate')) ?? DAY_MS);
  if (control.has('no-cache') || /no-cache/iu.test(header('pragma') ?? '')) {
    return { storable: true, freshMs: 0, staleMs: 0 };
  }
  const age = (Number(header('age') ?? 0) || 0) * 1_000;
  const stated = seconds(control.get('s-maxage')) ?? seconds(control.get('max-age'));
  if (stated !== null) return { storable: true, freshMs: bounded(stated - age), staleMs };
  const expires = header('expires');
  if (expires !== undefined) {
    // An unreadable date (often "0" or "-1") means already expired.
    const until = Date.parse(expires) - (Date.parse(header('date') ?? '') || nowMs);
    return { storable: true, freshMs: Number.isNaN(until) ? 0 : bounded(until - age), staleMs };
  }
  const modified = Date.parse(header('last-modified') ?? '');
  const heuristic = Number.isNaN(modified) ? otherwiseMs : (nowMs - modified) / 10;
  return { storable: true, freshMs: bounded(Math.min(otherwiseMs, heuristic)), staleMs };
}

const bounded = (ms: number): number => Math.min(MAX_FRESH_MS, Math.max(0, ms));

function directives(value: string): ReadonlyMap<string, string> {
  return new Map(
    value
      .split(',')
      .map((part) => part.trim().toLowerCase().split('='))
      .filter(([name]) => name !== undefined && name !== '')
      .map(([name = '', argument = '']) => [name.trim(), argument.replaceAll('"', '').trim()]),
  );
}

function seconds(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,10}$/u.test(value) ? Number(value) * 1_000 : null;
}
