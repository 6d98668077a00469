/**
 * Cheap features of one sentence as evidence for one question. All are scale-free (shares, z-scores,
 * flags, logarithms), so that one small model serves long and short pages and both languages.
 */
import { foldHan, terms, tokenize } from '../../../src/core/tokens.ts';
import {
  ANSWER_TYPE_FEATURES,
  answerTypeFeatures,
  isPronounLed,
  wantedAnswer,
} from '../../../src/core/wanted-answer.ts';
import type { Bm25fIndex } from '../words/bm25f.ts';
import { ANSWER_KINDS, isStop, type QuestionWords } from '../words/question-words.ts';
import type { CandidateSentence } from './candidate-sentence.ts';
import { RELATIVE_FEATURES, relativeFeatures, type EvidenceVectors } from './relative-features.ts';

/** What is known of the candidates together. */
export interface FeatureContext {
  readonly question: QuestionWords;
  readonly questionText: string;
  readonly index: Bm25fIndex;
  /** Words and character pairs of the title and headings, for the candidates' passages. */
  /** z-scored BM25F of each passage, and its rank from 0. */
  readonly passageZ: readonly number[];
  readonly passageRank: readonly number[];
  readonly passageCoverage: readonly number[];
  readonly titleTokens: ReadonlyMap<number, ReadonlySet<string>>;
  /** Cosine of question and `title: sentence`, in the candidates' order; null without an embedder. */
  readonly similarities: readonly number[] | null;
  readonly vectors: EvidenceVectors | null;
}

const PLAIN_FEATURES = [
  'similarity',
  'similarityGap',
  'similarityZ',
  'similarityRank',
  'passageSimilarityGap',
  'neighbourSimilarity',
  'passageZ',
  'passageRank',
  'passageCoverage',
  'coverage',
  'coverageGap',
  'coverageWithTitle',
  'coverageWithNeighbours',
  'tokenCoverage',
  'tokenCoverageGap',
  'longestRun',
  'span',
  'names',
  'numbersKept',
  'newNumbers',
  'newYears',
  'newNames',
  'newTokens',
  'length',
  'place',
  'isQuestion',
  'unspaced',
  'reasonWords',
  'placeWords',
  'rareMiss',
  ...ANSWER_KINDS.map((kind) => `kind:${kind}`),
  'kindMatch',
  'questionLength',
  'topSimilarity',
] as const;

export const FEATURE_NAMES = [
  ...PLAIN_FEATURES,
  ...ANSWER_TYPE_FEATURES,
  ...RELATIVE_FEATURES,
] as const;

const YEAR =
  /(?<!\d)(?:1[0-9]{3}|20[0-9]{2})(?!\d)|[一二三四五六七八九〇零]{4}年|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b|世纪|世紀|\bcentur(?:y|ies)\b|\d月|年代/u;
const NUMBER =
  /\d+(?:[.,]\d+)*|(?<![一二三四五六七八九十百千万萬亿億两兩])[一二三四五六七八九十百千万萬亿億两兩]+(?=[个個人次年月日岁歲名种種位座条條家所部公米里尺倍分元层層])|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|fifty|hundred|thousand|million|billion|dozen|half|third|quarter|percent)\b/giu;
const NAME =
  /(?<=[\p{L}\d,;:)”"’]\s)["“(]?\p{Lu}[\p{L}’'.-]+(?:\s\p{Lu}[\p{L}’'.-]+)*|[\p{Script=Han}]{1,6}·[\p{Script=Han}]{1,8}|[《「“][^》」”]{1,30}[》」”]/gu;
const REASON =
  /\b(?:because|due to|since|therefore|as a result|so that|in order to|caused?|reason|led to|owing)\b|因为|因為|由于|由於|因此|所以|导致|導致|原因|为了|為了|从而|從而/iu;
const PLACE =
  /[\p{Script=Han}](?:省|市|县|縣|区|區|州|国|國|岛|島|镇|鎮|村|山|湖|河|江|洲|乡|鄉)|(?:位于|位於|在)[\p{Script=Han}]|\b(?:in|at|near|from|to|of)\s\p{Lu}/u;

/**
 * Tokenises a sentence for the features.
 * @param before the sentence before it in its passage, or nothing
 */
export function candidateSentence(
  passage: number,
  place: number,
  start: number,
  text: string,
  before = '',
): CandidateSentence {
  return {
    passage,
    start,
    end: start + text.length,
    text,
    place,
    terms: terms(text, { stem: true }),
    tokens: new Set(tokenize(text, { stem: true }).map((token) => token.text)),
    ledBy: new Set(before !== '' && isPronounLed(text) ? terms(before, { stem: true }) : []),
  };
}

/** Idf-weighted share of the question's terms that a sentence has; what the lexical pre-selection uses. */
export function sentenceCoverage(
  question: QuestionWords,
  index: Bm25fIndex,
  has: (term: string) => boolean,
): number {
  let found = 0;
  let all = 0;
  for (const term of question.terms) {
    const idf = index.idf(term);
    all += idf;
    if (has(term)) found += idf;
  }
  return all === 0 ? 0 : found / all;
}

/** One row of `FEATURE_NAMES` for each candidate. Candidates of one passage stand together, in order. */
export function evidenceFeatures(
  candidates: readonly CandidateSentence[],
  context: FeatureContext,
): Float64Array[] {
  const { question, index, similarities } = context;
  const sets = candidates.map((candidate) => new Set(candidate.terms));
  const coverage = sets.map((set) => sentenceCoverage(question, index, (term) => set.has(term)));
  const tokenCoverage = candidates.map((candidate) => share(question.tokens, candidate.tokens));
  const bestCoverage = Math.max(0, ...coverage);
  const bestTokens = Math.max(0, ...tokenCoverage);
  const sims = similarities ?? candidates.map(() => 0);
  const { mean, deviation, best } = spread(sims);
  const order = rankOf(sims);
  const bestOfPassage = new Map<number, number>();
  candidates.forEach(({ passage }, at) => {
    bestOfPassage.set(passage, Math.max(bestOfPassage.get(passage) ?? -1, sims[at] ?? 0));
  });
  const rarest = question.terms.reduce(
    (most, term) => (index.idf(term) > index.idf(most) ? term : most),
    question.terms[0] ?? '',
  );
  const plain = candidates.map((candidate, at) => {
    const sim = sims[at] ?? 0;
    const set = sets[at] as ReadonlySet<string>;
    const near = [at - 1, at + 1].filter((other) => isNeighbour(candidates, at, other));
    const nearSets = near.map((other) => sets[other] as ReadonlySet<string>);
    const title = context.titleTokens.get(candidate.passage) ?? new Set<string>();
    const found = observe(question, candidate);
    return [
      sim,
      sim - best,
      deviation === 0 ? 0 : (sim - mean) / deviation,
      similarities === null ? 0 : Math.log2(1 + (order[at] ?? 0)),
      sim - (bestOfPassage.get(candidate.passage) ?? 0),
      near.reduce((most, other) => Math.max(most, (sims[other] ?? 0) - best), -0.3),
      context.passageZ[candidate.passage] ?? 0,
      Math.log2(1 + (context.passageRank[candidate.passage] ?? 0)),
      context.passageCoverage[candidate.passage] ?? 0,
      coverage[at] ?? 0,
      (coverage[at] ?? 0) - bestCoverage,
      sentenceCoverage(question, index, (term) => set.has(term) || title.has(term)),
      sentenceCoverage(
        question,
        index,
        (term) => set.has(term) || nearSets.some((other) => other.has(term)),
      ),
      tokenCoverage[at] ?? 0,
      (tokenCoverage[at] ?? 0) - bestTokens,
      longestRun(question.terms, candidate.terms),
      matchSpan(question, candidate),
      ...found,
      Math.log2(1 + candidate.place),
      /[?？]["'”’」』]?$/u.test(candidate.text) ? 1 : 0,
      /\p{Script=Han}/u.test(candidate.text) ? 1 : 0,
      REASON.test(candidate.text) ? 1 : 0,
      PLACE.test(candidate.text) ? 1 : 0,
      set.has(rarest) || title.has(rarest) ? 0 : 1,
      ...ANSWER_KINDS.map((kind) => (kind === question.kind ? 1 : 0)),
      kindMatch(question, candidate, found),
      Math.log2(1 + question.terms.length),
      best,
    ];
  });
  const column = (name: (typeof PLAIN_FEATURES)[number]): number[] =>
    plain.map((row) => row[PLAIN_FEATURES.indexOf(name)] ?? 0);
  const wanted = wantedAnswer(context.questionText, question.kind);
  const relative = relativeFeatures(candidates, question, index, wanted, context.vectors, {
    coverage: column('coverageWithTitle'),
    newTokens: column('newTokens'),
  });
  return candidates.map(({ text }, at) =>
    Float64Array.from([
      ...(plain[at] ?? []),
      ...answerTypeFeatures(wanted, text),
      ...(relative[at] ?? []),
    ]),
  );
}

/** names, numbersKept, newNumbers, newYears, newNames, newTokens, length. */
function observe(question: QuestionWords, candidate: CandidateSentence): number[] {
  const folded = foldHan(candidate.text.toLowerCase());
  const kept = (wanted: readonly string[]): number =>
    wanted.length === 0
      ? 0.5
      : wanted.filter((part) => folded.includes(part)).length / wanted.length;
  const numbers = (candidate.text.match(NUMBER) ?? []).filter(
    (number) => !question.numbers.includes(number),
  );
  const withoutKnown = question.numbers.reduce(
    (text, number) => text.replaceAll(number, ' '),
    candidate.text,
  );
  const names = (candidate.text.match(NAME) ?? []).filter((name) =>
    tokenize(name, { stem: true }).some(({ text }) => !question.tokens.has(text)),
  );
  let fresh = 0;
  for (const token of candidate.tokens)
    if (!question.tokens.has(token) && !isStop(token)) fresh += 1;
  return [
    kept(question.names),
    kept(question.numbers),
    Math.min(4, numbers.length),
    YEAR.test(withoutKnown) ? 1 : 0,
    Math.min(4, names.length),
    Math.log2(1 + fresh),
    Math.log2(1 + candidate.tokens.size),
  ];
}

function kindMatch(
  question: QuestionWords,
  candidate: CandidateSentence,
  found: readonly number[],
): number {
  const [, , numbers = 0, years = 0, names = 0] = found;
  switch (question.kind) {
    case 'time':
      return years > 0 ? 1 : numbers > 0 ? 0 : -1;
    case 'number':
      return numbers > 0 ? 1 : -1;
    case 'person':
      return names > 0 ? 1 : 0;
    case 'place':
      return PLACE.test(candidate.text) ? 1 : 0;
    case 'reason':
      return REASON.test(candidate.text) ? 1 : 0;
    default:
      return 0;
  }
}

/** Longest run of question terms that stands in the sentence in the same order, as a share. */
function longestRun(question: readonly string[], sentence: readonly string[]): number {
  if (question.length === 0) return 0;
  let best = 0;
  let previous = new Map<number, number>();
  const places = new Map<string, number[]>();
  question.forEach((term, place) => places.set(term, [...(places.get(term) ?? []), place]));
  for (const term of sentence) {
    const current = new Map<number, number>();
    for (const place of places.get(term) ?? []) {
      const run = (previous.get(place - 1) ?? 0) + 1;
      current.set(place, run);
      best = Math.max(best, run);
    }
    // Stop words between two matches do not break a run.
    if (current.size > 0 || !isStop(term)) previous = current;
  }
  return best / question.length;
}

/** How close together the matches stand: matched terms over the stretch from first to last. */
function matchSpan(question: QuestionWords, candidate: CandidateSentence): number {
  const wanted = new Set(question.terms);
  const hits: number[] = [];
  candidate.terms.forEach((term, place) => {
    if (wanted.has(term)) hits.push(place);
  });
  const first = hits[0];
  const last = hits.at(-1);
  if (first === undefined || last === undefined) return 0;
  return hits.length / (last - first + 1 + 4);
}

function isNeighbour(all: readonly CandidateSentence[], at: number, other: number): boolean {
  const a = all[at];
  const b = all[other];
  return (
    a !== undefined &&
    b !== undefined &&
    a.passage === b.passage &&
    Math.abs(a.place - b.place) === 1
  );
}

function share(wanted: ReadonlySet<string>, present: ReadonlySet<string>): number {
  let found = 0;
  for (const token of wanted) if (present.has(token)) found += 1;
  return wanted.size === 0 ? 0 : found / wanted.size;
}

/** Mean, standard deviation and greatest of a list. */
export function spread(values: readonly number[]): {
  readonly mean: number;
  readonly deviation: number;
  readonly best: number;
} {
  if (values.length === 0) return { mean: 0, deviation: 0, best: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square), best: Math.max(...values) };
}

/** Rank of each value from 0, greatest first. */
export function rankOf(values: readonly number[]): number[] {
  const ranks = values.map(() => 0);
  values
    .map((_, at) => at)
    .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b)
    .forEach((at, rank) => {
      ranks[at] = rank;
    });
  return ranks;
}
