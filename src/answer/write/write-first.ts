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
import type { CheckedUnit, PipelineOptions, PipelineParts, Writer } from '../pipeline-parts.ts';
import { answersQuestion } from './answers.ts';
import { DraftUnits, type DraftUnit } from './draft-units.ts';
import { Points } from './points.ts';

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

/** Kinds whose answers go on with the ranker's sentences where the drafts lack them. */
const BROAD = new Set(['explanation', 'how-to', 'list', 'comparison', 'summary', 'opinion']);
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
  const quotations = parts.extractiveDrafts(question, references);
  // The decision whether to answer is made while the model reads.
  const judging = parts.judge(
    { question, drafts: quotations, references, answerability, pages: documents.length },
    { signal },
  );
  judging.catch(() => undefined);
  const points = new Points(question.text, asked.kind);
  const check = (units: readonly DraftUnit[]): Promise<readonly CheckedUnit[]> =>
    writer.check(
      { question: question.text, units, before: points.told.map(({ text }) => text), references },
      { signal },
    );
  const channel = new EventChannel<string>();
  const writing = write(input, (text) => channel.push(text));
  writing.then(
    () => channel.close(),
    () => channel.close(),
  );
  const units = new DraftUnits();
  const failed: LooseSentence[] = [];
  const held: LooseSentence[] = [];
  let follows = true;
  let judged: Judged | null = null;
  const lead = async (batch: readonly DraftUnit[]): Promise<LooseSentence[]> => {
    const fresh: LooseSentence[] = [];
    for (const unit of batch) {
      const [checked] = await check([unit]);
      const { sentence = null, quotation = null } = checked ?? {};
      const taken =
        sentence === null ? null : points.take(sentence, unit, { follows, further: false });
      if (taken !== null) fresh.push(taken);
      else if (quotation !== null) failed.push(quotation);
      follows = taken !== null;
    }
    return fresh;
  };
  for await (const delta of channel) {
    for (const sentence of await lead(units.add(delta))) {
      judged ??= await judging;
      if (judged.abstained) held.push(sentence);
      else yield { type: 'sentence', sentence };
    }
  }
  const { drafts, warnings } = await writing;
  const [first, ...others] = drafts;
  held.push(...(await lead(units.end(first?.finishReason === 'length'))));
  judged ??= await judging;
  for (const draft of others) held.push(...(await further(draft, points, check)));
  if (BROAD.has(asked.kind) || points.told.length === 0) {
    held.push(...quoted(failed, judged, points));
  }
  const answered =
    points.told.length > 0 &&
    (!judged.abstained ||
      answersQuestion(question.text, points.told, references, judged.confidence ?? null));
  if (answered) for (const sentence of held) yield { type: 'sentence', sentence };
  return {
    sentences: answered ? points.told : [],
    drafts,
    judged,
    model: generator.model,
    warnings,
  };
}

/** The points of another draft that the answer lacks. */
async function further(
  draft: Draft,
  points: Points,
  check: (units: readonly DraftUnit[]) => Promise<readonly CheckedUnit[]>,
): Promise<LooseSentence[]> {
  if (points.full) return [];
  const cutter = new DraftUnits();
  const units = [...cutter.add(draft.text), ...cutter.end(draft.finishReason === 'length')];
  const checked = await check(units);
  let follows = false;
  return units.flatMap((unit, index) => {
    const sentence = checked[index]?.sentence ?? null;
    const taken =
      sentence === null ? null : points.take(sentence, unit, { follows, further: true });
    follows = taken !== null;
    return taken ?? [];
  });
}

/** Quotations: those that carry a point the model wrote wrongly, then the ranker's best. */
function quoted(failed: readonly LooseSentence[], judged: Judged, points: Points): LooseSentence[] {
  const ranked = judged.best?.cited.sentences ?? [];
  const taken: LooseSentence[] = [];
  for (const { text, citations } of [...failed, ...ranked]) {
    if (taken.length >= MOST_QUOTATIONS) break;
    const unit = { form: 'sentence', newLine: false } as const;
    const told = points.take({ text, citations }, unit, { follows: false, further: true });
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
