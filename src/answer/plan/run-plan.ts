/**
 * Questions that take several searches: a comparison of two quantities, or a question inside another.
 * At most two searches, each step told; where a step finds nothing the plan gives up, and the question
 * is searched for as it stands.
 */
import type { AnswerStep } from '../../core/nouns.ts';
import type { AnswerBody, AnswerWork, LooseSentence, ProgressEvent } from '../answer-body.ts';
import { passEvents } from '../pass-events.ts';
import { calculate } from '../understand/arithmetic.ts';
import { comparisonIn, conclusion, sideQuestion, type Comparison } from './comparison.ts';
import { figureOf, type Figure } from './figure-of.ts';
import { withUnit } from './measured-quantity.ts';
import { mergeAnswers, type MergedAnswers } from './merge-answers.ts';
import { namedBy, twoHopsIn, type TwoHops } from './two-hops.ts';

export type Plan =
  | { readonly kind: 'comparison'; readonly comparison: Comparison }
  | { readonly kind: 'two-hops'; readonly hops: TwoHops };

export interface PlanOptions {
  /** Answers one question; `quotes`: by quotations alone. */
  readonly ask: (text: string, quotes: boolean) => AnswerWork;
  /** Numbers that pages have in the conversation so far. */
  readonly earlier: ReadonlyMap<string, number>;
  readonly maxReferences: number;
  /** The URL of a page that opens it at a quote. */
  readonly linkTo: (url: string, quote: string) => string;
}

/** The plan for a question that needs one; null for any other. */
export function planOf(question: string): Plan | null {
  const comparison = comparisonIn(question);
  if (comparison !== null) return { kind: 'comparison', comparison };
  const hops = twoHopsIn(question);
  return hops === null ? null : { kind: 'two-hops', hops };
}

/**
 * Carries a plan out. Its sentences are only known at the end: they come with the body.
 * @returns body null when a step found nothing; the steps so far have been told
 * @throws what `ask` throws
 */
export async function* runPlan(
  plan: Plan,
  options: PlanOptions,
): AsyncGenerator<
  ProgressEvent,
  { readonly body: AnswerBody | null; readonly steps: readonly AnswerStep[] }
> {
  const steps: AnswerStep[] = [];
  const tell = function* (step: AnswerStep): Generator<ProgressEvent> {
    steps.push(step);
    yield { type: 'step', step };
  };
  const body =
    plan.kind === 'comparison'
      ? yield* compare(plan.comparison, options, tell)
      : yield* hop(plan.hops, options, tell);
  return { body: body === null ? null : { ...body, steps }, steps };
}

type Tell = (step: AnswerStep) => Generator<ProgressEvent>;

/** The events of one question of several: what it reads is shown, its own list and text are not. */
async function* askPart(
  text: string,
  quotes: boolean,
  options: PlanOptions,
  tell: Tell,
): AsyncGenerator<ProgressEvent, AnswerBody> {
  yield* tell({ kind: 'search', input: text, output: text, references: [] });
  return yield* passEvents(options.ask(text, quotes), (event) =>
    event.type === 'waiting' || event.type === 'search-end' || event.type === 'page-end'
      ? event
      : null,
  );
}

async function* compare(
  comparison: Comparison,
  options: PlanOptions,
  tell: Tell,
): AsyncGenerator<ProgressEvent, AnswerBody | null> {
  const { measure } = comparison;
  const parts: AnswerBody[] = [];
  const found: Figure[] = [];
  for (const side of ['x', 'y'] as const) {
    const answer = yield* askPart(sideQuestion(comparison, side), true, options, tell);
    const figure = figureOf(answer, comparison[side], measure, options.linkTo);
    yield* tell({
      kind: 'extract',
      input: figure?.sentence.text ?? comparison[side],
      output: figure?.quantity.text ?? '',
      references: [],
    });
    if (figure === null) return null;
    parts.push({ ...answer, sentences: [figure.sentence] });
    found.push(figure);
  }
  const merged = mergeAnswers(parts, options.earlier, options.maxReferences);
  const [x, y] = found.map(({ quantity }) => quantity);
  const [first, second] = [sentenceOf(merged, 0), sentenceOf(merged, 1)];
  if (x === undefined || y === undefined || first === null || second === null) return null;
  const references = referencesOf([first, second]);
  let difference: string | null = null;
  if (comparison.asks === 'difference') {
    const [larger, smaller] = [x.value, y.value].sort((a, b) => b - a);
    const made = await calculate(`${larger} - ${smaller}`);
    if ('result' in made) {
      difference = withUnit(Number(made.result), measure.dimension, comparison.chinese);
      yield* tell({ kind: 'calculate', input: made.expression, output: made.result, references });
    }
  }
  const text = conclusion(comparison, x, y, difference);
  const sign = x.value === y.value ? '=' : x.value > y.value ? '>' : '<';
  yield* tell({
    kind: 'compare',
    input: `${comparison.x}: ${x.text}; ${comparison.y}: ${y.text}`,
    output: `${x.text} ${sign} ${y.text}`,
    references,
  });
  const lead: LooseSentence = {
    text,
    citations: [...first.citations.slice(0, 1), ...second.citations.slice(0, 1)],
  };
  const said = first.text === second.text ? [lead, first] : [lead, first, second];
  return yield* finish(said, merged);
}

async function* hop(
  hops: TwoHops,
  options: PlanOptions,
  tell: Tell,
): AsyncGenerator<ProgressEvent, AnswerBody | null> {
  const inner = yield* askPart(hops.inner, true, options, tell);
  const bridge = inner.sentences[0];
  const name =
    inner.abstained || bridge === undefined
      ? null
      : namedBy(bridge.text, hops.inner, titleOf(inner, bridge));
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
  const link = sentenceOf(merged, 1);
  const own = merged.sentences[0] ?? [];
  const known = own.some(({ text }) => link !== null && text.includes(link.text));
  return yield* finish(link === null || known ? own : [...own, link], merged);
}

/** Tells the one list of references. */
function* finish(
  sentences: readonly LooseSentence[],
  merged: MergedAnswers,
): Generator<ProgressEvent, AnswerBody> {
  yield { type: 'references', references: merged.references };
  return { ...merged, sentences };
}

const titleOf = ({ references }: AnswerBody, { citations }: LooseSentence): string =>
  references[(citations[0]?.reference ?? 0) - 1]?.title ?? '';

/** The first sentence of one of the answers, where it still has its source. */
function sentenceOf(merged: MergedAnswers, answer: number): LooseSentence | null {
  const found = merged.sentences[answer]?.[0];
  return found === undefined || found.citations.length === 0 ? null : found;
}

const referencesOf = (sentences: readonly LooseSentence[]): number[] => [
  ...new Set(sentences.flatMap(({ citations }) => citations.map(({ reference }) => reference))),
];
