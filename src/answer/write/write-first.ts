/**
 * The draft is the answer: a model writes from the references, each sentence is checked as soon as it is
 * complete, while the next one is being written, and told then. Further drafts of the same prompt, and
 * the ranker's best sentences, add the points that the first draft lacks.
 */
import { deadline } from '../../core/deadline.ts';
import { toFootnoteError } from '../../core/errors.ts';
import { EventChannel } from '../../core/event-channel.ts';
import type { Draft, Question, Warning } from '../../core/nouns.ts';
import type { AskedQuestion } from '../../core/question-kind.ts';
import type { Generator } from '../../core/seams.ts';
import type { InnerEvent, LooseSentence } from '../answer-body.ts';
import type { FoundReferences } from '../find-references.ts';
import type { PipelineOptions, PipelineParts, Writer } from '../pipeline-parts.ts';
import { answersQuestion, askedShare, takesUp } from './answers.ts';
import { CheckedDraft, type CheckUnits } from './checked-draft.ts';
import { DraftUnits } from './draft-units.ts';
import { Points } from './points.ts';
import { bestQuotations, withContext } from './quotations.ts';

export type Judged = Awaited<ReturnType<PipelineParts['judge']>>;

export interface WrittenAnswer {
  /** What was told, in order; empty: nothing that was written is supported, nothing was told. */
  readonly sentences: readonly LooseSentence[];
  readonly drafts: readonly Draft[];
  /** What the judge says of the quotations alone. */
  readonly judged: Judged;
  readonly model: string;
  readonly warnings: readonly Warning[];
}

/** Kinds whose answers go on with quotations that carry what the model wrote wrongly. */
const BROAD = new Set([
  'explanation',
  'how-to',
  'list',
  'comparison',
  'summary',
  'opinion',
  'yes-no',
  'definition',
]);
/** An answer with fewer words goes on with the ranker's best sentences. */
const SHORT = { broad: 60, narrow: 25 } as const;
/** So many of them are looked at. */
const RANKED = 6;
/** Quotations added to an answer at most. */
const MOST_QUOTATIONS = 2;

const SAMPLING = { temperature: 0, topP: 0.95, topK: 40 } as const;

export interface WriteFirstInput {
  readonly question: Question;
  readonly asked: AskedQuestion;
  readonly found: FoundReferences;
  readonly generator: Generator;
  readonly writer: Writer;
  readonly parts: PipelineParts;
  readonly options: PipelineOptions;
}

/** @throws FootnoteError `cancelled`, `timeout`, `overloaded`, `worker-crashed` of the judge */
export async function* writeFirst(
  input: WriteFirstInput,
): AsyncGenerator<InnerEvent, WrittenAnswer> {
  const { question, asked, found, generator, writer, parts, options } = input;
  const { references, answerability, documents } = found;
  const { signal } = options;
  const extractive = parts.extractiveDrafts(question, references);
  // The decision whether to answer is made while the model reads.
  const judging = parts.judge(
    { question, drafts: extractive, references, answerability, pages: documents.length },
    { signal },
  );
  judging.catch(() => undefined);
  const points = new Points(question.text, asked.kind);
  const check: CheckUnits = (units, before) =>
    writer.check({ question: question.text, units, before, references }, { signal });
  const channel = new EventChannel<string>();
  const writing = write(input, (text) => channel.push(text));
  writing.then(
    () => channel.close(),
    () => channel.close(),
  );
  const units = new DraftUnits();
  const lead = new CheckedDraft(check);
  // What may not be shown yet: the ranker doubts.
  const held: LooseSentence[] = [];
  let judged: Judged | null = null;
  for await (const delta of channel) {
    const fresh = units.add(delta);
    if (fresh.length === 0) continue;
    await lead.add(fresh);
    // A text whose first sentence fails, or is beside the question, may not be the one to begin with.
    if (lead.first === null || !takesUp(question.text, lead.first.text)) continue;
    for (const sentence of await lead.tell(points, false)) {
      judged ??= await judging;
      if (judged.abstained) held.push(sentence);
      else yield { type: 'sentence', sentence };
    }
  }
  const { drafts, warnings } = await writing;
  const [first, ...others] = drafts;
  await lead.add(units.end(first?.finishReason === 'length'));
  const rest = await Promise.all(others.map((draft) => checkedDraft(draft, check)));
  // The texts come in the order in which their first sentences take up the question.
  const rank = ({ first: one }: CheckedDraft): number =>
    one === null ? -1 : askedShare(question.text, one.text);
  const texts = points.told.length > 0 ? [lead, ...rest] : sortedBy([lead, ...rest], rank);
  for (const text of texts) held.push(...(await text.tell(points, text !== texts[0])));
  judged ??= await judging;
  const linkTo: PipelineParts['linkTo'] = (url, quote) => parts.linkTo(url, quote);
  if (BROAD.has(asked.kind)) {
    const failed = withContext(
      [lead, ...rest].flatMap((one) => one.quotations),
      references,
      linkTo,
    );
    held.push(...quoted(failed, points, MOST_QUOTATIONS));
  }
  if (points.words < SHORT[BROAD.has(asked.kind) ? 'broad' : 'narrow']) {
    const ranked = bestQuotations(references, RANKED, linkTo);
    held.push(...quoted(ranked, points, MOST_QUOTATIONS));
  }
  const answered =
    points.told.length > 0 &&
    (!judged.abstained ||
      answersQuestion(
        question.text,
        points.told,
        references,
        judged.confidence ?? null,
        asked.kind,
      ));
  if (answered) for (const sentence of held) yield { type: 'sentence', sentence };
  return {
    sentences: answered ? points.told : [],
    drafts,
    judged,
    model: generator.model,
    warnings,
  };
}

const sortedBy = <T>(all: readonly T[], rank: (one: T) => number): T[] =>
  all.toSorted((a, b) => rank(b) - rank(a));

async function checkedDraft(draft: Draft, check: CheckUnits): Promise<CheckedDraft> {
  const cutter = new DraftUnits();
  const checked = new CheckedDraft(check);
  await checked.add([...cutter.add(draft.text), ...cutter.end(draft.finishReason === 'length')]);
  return checked;
}

/** Quotations that say something new, `most` at most. */
function quoted(
  quotations: readonly LooseSentence[],
  points: Points,
  most: number,
): LooseSentence[] {
  const taken: LooseSentence[] = [];
  for (const quotation of quotations) {
    if (taken.length >= most) break;
    const unit = { form: 'sentence', newLine: false } as const;
    const further = points.told.length > 0;
    const told = points.take(quotation, unit, { follows: false, further });
    if (told !== null) taken.push(told);
  }
  return taken;
}

/** The generator's drafts; a generator that fails costs its drafts, not the answer. */
async function write(
  { question, asked, found, generator, writer, options }: WriteFirstInput,
  onText: (text: string) => void,
): Promise<{ readonly drafts: readonly Draft[]; readonly warnings: readonly Warning[] }> {
  const limit = deadline(options.generateTimeoutMs, options.signal, 'generate');
  try {
    const { prompt, maxTokens } = writer.prompt(question, asked.kind, found.references);
    const drafts = await generator.generate(prompt, {
      signal: limit.signal,
      drafts: options.drafts,
      maxTokens,
      ...SAMPLING,
      temperature: options.temperature ?? SAMPLING.temperature,
      topP: options.topP ?? SAMPLING.topP,
      seed: options.seed,
      onDelta: (index, text) => {
        if (index === 0) onText(text);
      },
    });
    return { drafts, warnings: [] };
  } catch (error) {
    const typed = toFootnoteError(error);
    if (options.signal.aborted || typed.code === 'overloaded') throw typed;
    const message = `the generator failed: ${typed.message}`;
    return { drafts: [], warnings: [{ code: typed.code, message }] };
  } finally {
    limit.clear();
  }
}
