/**
 * Questions that take several searches: a comparison of two quantities, or a question inside another.
 * At most two searches, each step told; where a step finds nothing the plan gives up, and the question
 * is searched for as it stands.
 */
import type { Answer, AnswerEvent, AnswerStep, CitedSentence } from '../core/nouns.ts';
import { calculate } from './arithmetic.ts';
import { comparisonIn, conclusion, sideQuestion, type Comparison } from './comparison.ts';
import { keywordsOf } from './content-words.ts';
import { layOut } from './lay-out.ts';
import { nearestQuantity, type Dimension, type Quantity } from './measured-quantity.ts';
import { mergeAnswers, type MergedAnswers } from './merge-answers.ts';
import { namedBy, twoHopsIn, type TwoHops } from './two-hops.ts';

export type Plan =
  | { readonly kind: 'comparison'; readonly comparison: Comparison }
  | { readonly kind: 'two-hops'; readonly hops: TwoHops };

export interface PlanOptions {
  /** Answers one question; `quotes`: by quotations alone. Its own `answer-end` is not yielded. */
  readonly ask: (text: string, quotes: boolean) => AsyncGenerator<AnswerEvent, Answer>;
  readonly language: string;
  /** Numbers that pages have in the conversation so far. */
  readonly earlier: ReadonlyMap<string, number>;
  readonly maxReferences: number;
}

/** The answer without what belongs to the request: id, question and earlier steps. */
type PlanAnswer = Omit<Answer, 'id' | 'question'>;

/** The plan for a question that needs one; null for any other. */
export function planOf(question: string): Plan | null {
  const comparison = comparisonIn(question);
  if (comparison !== null) return { kind: 'comparison', comparison };
  const hops = twoHopsIn(question);
  return hops === null ? null : { kind: 'two-hops', hops };
}

/**
 * Carries a plan out.
 * @returns null when a step found nothing; the steps so far have been told
 * @throws what `ask` throws
 */
export async function* runPlan(
  plan: Plan,
  options: PlanOptions,
): AsyncGenerator<
  AnswerEvent,
  { readonly answer: PlanAnswer | null; readonly steps: readonly AnswerStep[] }
> {
  const steps: AnswerStep[] = [];
  const tell = function* (step: AnswerStep): Generator<AnswerEvent> {
    steps.push(step);
    yield { type: 'step', step };
  };
  const answer =
    plan.kind === 'comparison'
      ? yield* compare(plan.comparison, options, tell)
      : yield* hop(plan.hops, options, tell);
  return { answer: answer === null ? null : { ...answer, steps }, steps };
}

type Tell = (step: AnswerStep) => Generator<AnswerEvent>;

/** The events of one question of several: what it reads is shown, its own list and text are not. */
async function* askPart(
  text: string,
  quotes: boolean,
  options: PlanOptions,
  tell: Tell,
): AsyncGenerator<AnswerEvent, Answer> {
  yield* tell({ kind: 'search', input: text, output: text, references: [] });
  const events = options.ask(text, quotes);
  for (;;) {
    const step = await events.next();
    if (step.done === true) return step.value;
    if (step.value.type === 'search-end' || step.value.type === 'page-end') yield step.value;
  }
}

async function* compare(
  comparison: Comparison,
  options: PlanOptions,
  tell: Tell,
): AsyncGenerator<AnswerEvent, PlanAnswer | null> {
  const { measure } = comparison;
  const answers: Answer[] = [];
  const found: { readonly sentence: number; readonly quantity: Quantity }[] = [];
  for (const side of ['x', 'y'] as const) {
    const answer = yield* askPart(sideQuestion(comparison, side), true, options, tell);
    const quantity = answer.abstained
      ? null
      : quantityOf(answer, comparison[side], measure.dimension, measure.words);
    yield* tell({
      kind: 'extract',
      input:
        quantity === null ? comparison[side] : (answer.sentences[quantity.sentence]?.text ?? ''),
      output: quantity?.quantity.text ?? '',
      references: [],
    });
    if (quantity === null) return null;
    answers.push(answer);
    found.push(quantity);
  }
  const merged = mergeAnswers(answers, options.earlier, options.maxReferences);
  const [x, y] = found;
  const [first, second] = [sentenceOf(merged, 0, x?.sentence), sentenceOf(merged, 1, y?.sentence)];
  if (x === undefined || y === undefined || first === null || second === null) return null;
  const references = referencesOf([first, second]);
  let difference: string | null = null;
  if (comparison.asks === 'difference') {
    const [larger, smaller] = [x.quantity.value, y.quantity.value].sort((a, b) => b - a);
    const made = await calculate(`${larger} - ${smaller}`);
    if ('result' in made) {
      difference = withUnit(Number(made.result), measure.dimension);
      yield* tell({ kind: 'calculate', input: made.expression, output: made.result, references });
    }
  }
  const text = conclusion(comparison, x.quantity, y.quantity, difference);
  const sign =
    x.quantity.value === y.quantity.value ? '=' : x.quantity.value > y.quantity.value ? '>' : '<';
  yield* tell({
    kind: 'compare',
    input: `${comparison.x}: ${x.quantity.text}; ${comparison.y}: ${y.quantity.text}`,
    output: `${x.quantity.text} ${sign} ${y.quantity.text}`,
    references,
  });
  const lead: CitedSentence = {
    text,
    start: 0,
    end: text.length,
    citations: [...first.citations.slice(0, 1), ...second.citations.slice(0, 1)],
  };
  return yield* finish([lead, first, second], merged, options);
}

async function* hop(
  hops: TwoHops,
  options: PlanOptions,
  tell: Tell,
): AsyncGenerator<AnswerEvent, PlanAnswer | null> {
  const inner = yield* askPart(hops.inner, true, options, tell);
  const bridge = inner.sentences[0];
  const name = inner.abstained || bridge === undefined ? null : namedBy(bridge.text, hops.inner);
  yield* tell({
    kind: 'extract',
    input: bridge?.text ?? hops.inner,
    output: name ?? '',
    references: [],
  });
  if (name === null) return null;
  const outer = yield* askPart(hops.outer.replace('{it}', name), false, options, tell);
  if (outer.abstained) return null;
  const merged = mergeAnswers([outer, inner], options.earlier, options.maxReferences);
  const link = sentenceOf(merged, 1, 0);
  const own = merged.sentences[0] ?? [];
  const known = own.some(({ text }) => link !== null && text.includes(link.text));
  return yield* finish(link === null || known ? own : [...own, link], merged, options);
}

/** Tells the one list of references and the text, sentence by sentence. */
function* finish(
  sentences: readonly CitedSentence[],
  merged: MergedAnswers,
  { language }: PlanOptions,
): Generator<AnswerEvent, PlanAnswer> {
  yield { type: 'references', references: merged.references };
  const laid = layOut(sentences, undefined, language);
  const starts = laid.sentences.map(({ start }) => start);
  for (const [index, start] of starts.entries()) {
    yield {
      type: 'answer-delta',
      text: laid.answer.slice(index === 0 ? 0 : start, starts[index + 1]),
    };
  }
  const { references, usage, timings_ms, model, warnings } = merged;
  return {
    ...laid,
    abstained: false,
    language,
    references,
    score: null,
    model,
    usage,
    timings_ms,
    warnings,
    steps: [],
  };
}

/** The first cited sentence about the thing that has such a quantity. */
function quantityOf(
  answer: Answer,
  thing: string,
  dimension: Dimension,
  words: RegExp,
): { readonly sentence: number; readonly quantity: Quantity } | null {
  const named = keywordsOf(thing);
  for (const [index, { text, citations }] of answer.sentences.entries()) {
    const titles = citations.map(({ reference }) => answer.references[reference - 1]?.title ?? '');
    const about = new Set(keywordsOf([text, ...titles].join(' ')));
    if (citations.length === 0 || !named.some((word) => about.has(word))) continue;
    const quantity = nearestQuantity(text, dimension, words);
    if (quantity !== null) return { sentence: index, quantity };
  }
  return null;
}

function sentenceOf(
  merged: MergedAnswers,
  answer: number,
  sentence: number | undefined,
): CitedSentence | null {
  const found = merged.sentences[answer]?.[sentence ?? -1];
  return found === undefined || found.citations.length === 0 ? null : found;
}

const referencesOf = (sentences: readonly CitedSentence[]): number[] => [
  ...new Set(sentences.flatMap(({ citations }) => citations.map(({ reference }) => reference))),
];

const UNITS: Readonly<Record<Dimension, string>> = {
  length: ' m',
  mass: ' kg',
  area: ' m²',
  speed: ' m/s',
  temperature: ' °C',
  count: '',
  year: ' years',
  duration: ' s',
};

function withUnit(value: number, dimension: Dimension): string {
  const short = (number: number): string =>
    number.toLocaleString('en', { maximumSignificantDigits: 6 });
  if (dimension === 'length' && value >= 10_000) return `${short(value / 1_000)} km`;
  if (dimension === 'area' && value >= 1e6) return `${short(value / 1e6)} km²`;
  return `${short(value)}${UNITS[dimension]}`;
}
