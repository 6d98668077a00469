/**
 * Asked for the latest version of something, the newest statement of a version leads: by the date that is
 * said with it, else by its page's date. A page that calls its own version the latest was right when it
 * was written; it is told after, with its date.
 */
import type { CitedAnswer, Reference } from '../../src/core/nouns.ts';
import { splitSentences } from '../../src/core/sentences.ts';
import { terms } from '../../src/core/tokens.ts';
import { assemble, type LooseSentence } from '../citation/assemble.ts';
import { quotedSentence, sourceDate } from '../selection/quoted-sentence.ts';

const ASKS =
  /\b(?:latest|newest|current|most recent|last)\b[^?]{0,40}\b(?:versions?|releases?)\b|最新(?:的)?[^？]{0,8}(?:版本|版)|(?:当前|目前|现在)[^？]{0,8}版本/iu;
const ASKING = new Set(
  'what which is the latest newest current most recent last version release of stable now'.split(
    ' ',
  ),
);
const VERSION = /(?<![\d.])\d+(?:\.\d+){1,3}(?![\d.]*\d)/u;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const DAY_MONTH_YEAR = /(\d{1,2})\.? ([A-Z][a-z]{2})[a-z]*\.?,? (\d{4})/gu;
const MONTH_DAY_YEAR = /([A-Z][a-z]{2})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})/gu;
const ISO = /(\d{4})-(\d{2})-(\d{2})/gu;
const HAN = /(\d{4})年(\d{1,2})月(\d{1,2})日/gu;

interface Statement {
  readonly version: string;
  /** `2025-09-09`. */
  readonly date: string;
  readonly sentence: LooseSentence;
}

const iso = (year: string, month: string | number, day: string): string =>
  `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`;

/** The newest date that a sentence says, or null. */
function saidDate(text: string): string | null {
  const month = (name: string): number => MONTHS.indexOf(name.toLowerCase()) + 1;
  const dates = [
    ...[...text.matchAll(DAY_MONTH_YEAR)].map(([, d = '', m = '', y = '']) => iso(y, month(m), d)),
    ...[...text.matchAll(MONTH_DAY_YEAR)].map(([, m = '', d = '', y = '']) => iso(y, month(m), d)),
    ...[...text.matchAll(ISO)].map(([, y = '', m = '', d = '']) => iso(y, m, d)),
    ...[...text.matchAll(HAN)].map(([, y = '', m = '', d = '']) => iso(y, m, d)),
  ].filter((date) => !date.includes('-00'));
  return dates.toSorted().at(-1) ?? null;
}

/** The answer with the newest version first; as it was where it says that one, or no date tells. */
export function leadWithNewestVersion(
  best: CitedAnswer,
  references: readonly Reference[],
  question: string,
): CitedAnswer {
  if (!ASKS.test(question)) return best;
  const subject = terms(question, { stem: true }).filter((term) => !ASKING.has(term));
  const statements = references.flatMap((reference) =>
    splitSentences(reference.text).flatMap((span): Statement[] => {
      const text = reference.text.slice(span.start, span.end);
      const version = VERSION.exec(text)?.[0];
      const date = saidDate(text) ?? sourceDate(reference);
      const known = new Set(terms(`${reference.title} ${text}`, { stem: true }));
      if (version === undefined || date === null) return [];
      if (subject.length > 0 && !subject.some((term) => known.has(term))) return [];
      const sentence = quotedSentence(span, reference);
      return sentence === null ? [] : [{ version, date, sentence }];
    }),
  );
  const newest = statements.toSorted((a, b) => (a.date < b.date ? 1 : -1))[0];
  const [lead, ...rest] = best.sentences;
  const said = lead === undefined ? undefined : VERSION.exec(lead.text)?.[0];
  if (newest === undefined || lead === undefined || said === newest.version) return best;
  const older = statements
    .filter(({ version, date }) => version === said && date < newest.date)
    .toSorted((a, b) => (a.date < b.date ? 1 : -1))[0];
  // An undated page that says otherwise gives way; one that is newer keeps its place.
  if (older === undefined && statements.some(({ version }) => version === said)) return best;
  const sentences = [
    newest.sentence,
    ...(older === undefined ? [] : [older.sentence]),
    ...rest.filter(({ text }) => !VERSION.test(text)),
  ];
  const text = sentences.map((one) => one.text).join(' ');
  return assemble({ ...best.draft, kind: 'combined', text }, sentences);
}
