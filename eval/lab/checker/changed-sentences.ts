/**
 * Claims made of the frozen web (CC BY-SA): its sentences as they are, shortened, joined or introduced;
 * the same made false in one place; and its questions with their right or a wrong answer as statements.
 */
import { join } from 'node:path';
import { splitSentences } from '../../../src/core/sentences.ts';
import { profileOf, type TextProfile } from '../../../scorer/support/text-profile.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { changeNumber, shorten, type FrozenPage } from '../support/corrupt-claims.ts';
import { seededRandom } from '../trees/seeded-random.ts';
import { stableHash } from '../trees/stable-hash.ts';
import {
  addCause,
  addClause,
  fromNeighbour,
  mergeSentences,
  swapNames,
  swapQuantities,
  turnAround,
  turnNegation,
  widen,
  type Changed,
  type Random,
} from './hard-negatives.ts';
import { statement } from './statements.ts';
import type { TrainingPair } from './training-pair.ts';

interface Question {
  readonly qid: string;
  readonly lang: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly answerable: boolean;
  readonly page_id: string;
  readonly para_id: string;
}
interface Paragraph {
  readonly page: FrozenPage;
  readonly id: string;
  readonly text: string;
}

const CHINESE = /^zh/u;
/** A page in this many is watched, not trained on. */
const WATCHED = 12;

export function* changedSentences(data: string): Generator<TrainingPair> {
  const pages = [...readJsonLines<FrozenPage>(join(data, 'frozen-web-dev/pages.jsonl.gz'))];
  const paragraphs = pages.flatMap((page) =>
    page.paragraphs.map(({ para_id, text }): Paragraph => ({ page, id: para_id, text })),
  );
  for (const paragraph of paragraphs) yield* ofParagraph(paragraph, paragraphs);
  yield* ofQuestions(join(data, 'frozen-web-dev/questions.jsonl.gz'), paragraphs);
}

/** The paragraph among two others of its page: what a claim is checked against is never one text alone. */
function shown({ page, id, text }: Paragraph, random: Random): TrainingPair['references'] {
  const others = page.paragraphs
    .filter(({ para_id }) => para_id !== id)
    .toSorted((a, b) => stableHash(a.para_id + id) - stableHash(b.para_id + id))
    .slice(0, Math.floor(random() * 3));
  return [
    { title: page.title, text },
    ...others.map((one) => ({ title: page.title, text: one.text })),
  ];
}

function pairOf(
  paragraph: Paragraph,
  kind: string,
  claim: string,
  references: TrainingPair['references'],
  changed: Changed | null,
): TrainingPair {
  const { page } = paragraph;
  return {
    id: `${paragraph.id} ${kind}`,
    source: CHINESE.test(page.lang) ? 'changed-zh' : 'changed-en',
    part: kind,
    group: page.page_id,
    use: stableHash(`watch ${page.page_id}`) % WATCHED === 0 ? 'measure' : 'train',
    claim,
    references,
    supported: changed === null ? 1 : 0,
    main: changed === null || changed.main ? 1 : 0,
    contradicted: changed?.contradicts === true ? 1 : 0,
    wrong: changed?.wrong ?? [],
  };
}

function* ofParagraph(paragraph: Paragraph, all: readonly Paragraph[]): Generator<TrainingPair> {
  const random = seededRandom(stableHash(`changed ${paragraph.id}`));
  const chinese = CHINESE.test(paragraph.page.lang);
  const profiles = splitSentences(paragraph.text)
    .map(({ start, end }) => profileOf(paragraph.text.slice(start, end)))
    .filter(
      ({ text }) => text.length >= (chinese ? 12 : 30) && text.length <= (chinese ? 90 : 320),
    );
  for (const [index, profile] of profiles.entries()) {
    // Two or three sentences of a paragraph are enough.
    if (random() > 2.2 / profiles.length) continue;
    const references = shown(paragraph, random);
    const others = profiles.filter((_, at) => at !== index);
    const foreign = foreignSentence(paragraph, all, chinese, random);
    const truth = trueClaim(profile, others, random);
    yield pairOf(paragraph, truth.kind, truth.text, references, null);
    const makers: (() => Changed | null)[] = [
      () => swapNames(profile, random),
      () => swapQuantities(profile, random),
      () => fromNeighbour(profile, others, random),
      () => fromNeighbour(profile, others, random),
      () => widen(profile, random),
      () => turnAround(profile, random),
      () => turnNegation(profile),
      () => merged(profile, others, random),
      () => merged(profile, others, random),
      () => (foreign === null ? null : addClause(profile, foreign, random)),
      () => (others.length === 0 ? null : addCause(profile, others[0] as TextProfile, random)),
      () => numbered(profile, random),
    ];
    let made = 0;
    for (const maker of makers.toSorted(() => random() - 0.5)) {
      const changed = maker();
      if (changed === null || changed.text === profile.text) continue;
      const own = introduced(changed, chinese, random);
      yield pairOf(paragraph, changed.kind, own.text, references, own);
      made += 1;
      if (made === 2) break;
    }
  }
}

function foreignSentence(
  paragraph: Paragraph,
  all: readonly Paragraph[],
  chinese: boolean,
  random: Random,
): TextProfile | null {
  const other = all[Math.floor(random() * all.length)];
  if (other === undefined || CHINESE.test(other.page.lang) !== chinese) return null;
  if (other.page === paragraph.page) return null;
  const first = splitSentences(other.text)[0];
  return first === undefined ? null : profileOf(other.text.slice(first.start, first.end));
}

function merged(
  profile: TextProfile,
  others: readonly TextProfile[],
  random: Random,
): Changed | null {
  const other = others[Math.floor(random() * others.length)];
  return other === undefined ? null : mergeSentences(profile, other);
}

function numbered(profile: TextProfile, random: Random): Changed | null {
  const text = changeNumber(profile.text, random);
  if (text === null) return null;
  let from = 0;
  while (text.charAt(from) === profile.text.charAt(from)) from += 1;
  const tail = /^\d*/u.exec(text.slice(from))?.[0].length ?? 0;
  const wrong: [number, number][] = [[from, from + Math.max(1, tail)]];
  return { kind: 'number', text, wrong, main: false, contradicts: true };
}

/** Models say whose words they repeat. */
const INTRODUCTIONS = {
  en: ['According to the sources, ', 'According to the first source, ', 'The sources say that '],
  zh: ['根据资料，', '根据来源，', '据资料显示，'],
};

function introduced(changed: Changed, chinese: boolean, random: Random): Changed {
  if (random() > 0.12) return changed;
  const list = INTRODUCTIONS[chinese ? 'zh' : 'en'];
  const words = list[Math.floor(random() * list.length)] ?? '';
  return {
    ...changed,
    text: words + changed.text,
    wrong: changed.wrong.map(([from, to]) => [from + words.length, to + words.length] as const),
  };
}

function trueClaim(
  profile: TextProfile,
  others: readonly TextProfile[],
  random: Random,
): { kind: string; text: string } {
  const chinese = /\p{Script=Han}/u.test(profile.text);
  const turn = random();
  const short = shorten(profile.text);
  if (turn < 0.3 && short !== null) return { kind: 'shortened', text: short };
  const other = others[Math.floor(random() * others.length)];
  if (turn < 0.6 && other !== undefined && profile.text.length + other.text.length < 330) {
    const made = addClause(profile, other, () => (chinese ? 0.6 : 0.3));
    if (made !== null) return { kind: 'joined', text: made.text };
  }
  if (turn < 0.75) {
    const list = INTRODUCTIONS[chinese ? 'zh' : 'en'];
    return {
      kind: 'introduced',
      text: (list[Math.floor(random() * list.length)] ?? '') + profile.text,
    };
  }
  return { kind: 'copied', text: profile.text };
}

const shape = (answer: string): string =>
  /\d|[一二三四五六七八九十百千万萬]{2}/u.test(answer)
    ? 'number'
    : /^\p{Lu}/u.test(answer)
      ? 'name'
      : 'other';

function* ofQuestions(path: string, paragraphs: readonly Paragraph[]): Generator<TrainingPair> {
  const byId = new Map(paragraphs.map((paragraph) => [paragraph.id, paragraph]));
  const rows = [...readJsonLines<Question>(path)].filter(({ answerable }) => answerable);
  const answers = new Map<string, string[]>();
  for (const { para_id, page_id, answers: own } of rows)
    for (const key of [para_id, page_id])
      answers.set(key, [...(answers.get(key) ?? []), own[0] ?? '']);
  for (const row of rows) {
    const random = seededRandom(stableHash(`statement ${row.qid}`));
    const paragraph = byId.get(row.para_id);
    const answer = row.answers[0];
    if (paragraph === undefined || answer === undefined || answer.length > 80) continue;
    const chinese = CHINESE.test(row.lang);
    const right = statement(row.question, answer, chinese);
    if (right === null || (chinese && random() < 0.35)) continue;
    const references = shown(paragraph, random);
    yield pairOf(paragraph, 'statement', right.text, references, null);
    const wrong = [row.para_id, row.page_id]
      .flatMap((key) => answers.get(key) ?? [])
      .find(
        (other) =>
          other !== '' &&
          shape(other) === shape(answer) &&
          other.length < 3 * answer.length + 10 &&
          !row.answers.some((one) => one.includes(other) || other.includes(one)) &&
          !row.question.includes(other),
      );
    const false_ = wrong === undefined ? null : statement(row.question, wrong, chinese);
    if (false_ === null) continue;
    yield pairOf(paragraph, 'wrong-answer', false_.text, references, {
      kind: 'wrong-answer',
      text: false_.text,
      wrong: [[false_.start, false_.end]],
      main: false,
      contradicts: true,
    });
  }
}
