/**
 * Freshness as the search engines take it. A question's freshness is a named span before now or an
 * ISO 8601 date; every engine has its own words for that, and some know the named spans only.
 */
import { FootnoteError } from '../../src/core/errors.ts';
import type { Freshness } from '../../src/core/nouns.ts';

type TimeRange = 'day' | 'week' | 'month' | 'year';

const DAYS: Readonly<Record<TimeRange, number>> = { day: 1, week: 7, month: 31, year: 366 };
const DAY_MS = 86_400_000;

export interface FreshnessWindow {
  /** Nothing older than this instant. */
  readonly start: Date;
  /** The smallest named span that holds the whole window; null when it is longer than a year. */
  readonly range: TimeRange | null;
  /** True when the question gave a date, not a named span. */
  readonly isDate: boolean;
}

/**
 * The window of time a freshness means, seen from `now`; null when there is none.
 * @throws FootnoteError `bad-request` when it is neither a named span nor an ISO date.
 */
export function freshnessWindow(
  freshness: Freshness | undefined,
  now: Date,
): FreshnessWindow | null {
  if (freshness === undefined || freshness === '') return null;
  if (isTimeRange(freshness)) {
    const start = new Date(now.getTime() - DAYS[freshness] * DAY_MS);
    return { start, range: freshness, isDate: false };
  }
  const start = new Date(freshness);
  if (!/^\d{4}-\d{2}(-\d{2})?/u.test(freshness) || Number.isNaN(start.getTime())) {
    throw new FootnoteError(
      'bad-request',
      `freshness is ${JSON.stringify(freshness)}; use day, week, month, year or a date such as 2026-01-31`,
      { stage: 'search' },
    );
  }
  const days = (now.getTime() - start.getTime()) / DAY_MS;
  const range = (Object.keys(DAYS) as TimeRange[]).find((name) => days <= DAYS[name]) ?? null;
  return { start, range, isDate: true };
}

/** An instant's calendar day in UTC: `2026-01-31`. */
export function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function isTimeRange(text: string): text is TimeRange {
  return Object.hasOwn(DAYS, text);
}
