const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_629_800_000,
  year: 31_557_600_000,
};

/**
 * A search engine's date as ISO 8601, or null when it is none that can be trusted. Understood: ISO
 * dates and instants, `Mar 3, 2024`, `3 March 2024`, `2024年3月3日`, RFC 9110 dates, and `3 days ago`.
 */
export function publishedDate(text: string | null | undefined, now: Date): string | null {
  const source = text?.trim().toLowerCase() ?? '';
  if (source === '') return null;
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ].*)?$/u.exec(source);
  if (iso !== null) {
    const instant = /t\d/u.test(source) ? new Date(source.toUpperCase()) : null;
    if (
      instant !== null &&
      !Number.isNaN(instant.getTime()) &&
      /[z+-]/u.test(source.slice(10).split(' ').at(-1) ?? '')
    )
      return instant.toISOString();
    return day(iso[1], iso[2], iso[3]);
  }
  const cjk = /^(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日/u.exec(source);
  if (cjk !== null) return day(cjk[1], cjk[2], cjk[3]);
  const ago = /^(\d+|an?)\s+(minute|hour|day|week|month|year)s?\s+ago$/u.exec(source);
  if (ago !== null) {
    const amount = /^\d+$/u.test(ago[1] ?? '') ? Number(ago[1]) : 1;
    const then = new Date(now.getTime() - amount * (UNIT_MS[ago[2] ?? ''] ?? 0));
    return Number.isNaN(then.getTime()) ? null : then.toISOString().slice(0, 10);
  }
  const american =
    /^(?:[a-z]{3,9},\s*)?([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b/u.exec(source);
  if (american !== null) return day(american[3], month(american[1]), american[2]);
  const european =
    /^(?:[a-z]{3,9},\s*)?(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]{3,9})\.?,?\s+(\d{4})\b/u.exec(source);
  if (european !== null) return day(european[3], month(european[2]), european[1]);
  return null;
}

function month(name: string | undefined): string {
  return String(MONTHS.indexOf((name ?? '').slice(0, 3)) + 1);
}

function day(
  year: string | undefined,
  month: string | undefined,
  date: string | undefined,
): string | null {
  const text = `${year}-${month?.padStart(2, '0')}-${date?.padStart(2, '0')}`;
  const parsed = new Date(`${text}T00:00:00Z`);
  // `2024-02-31` parses as the second of March: compare back.
  return Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== text ? null : text;
}
