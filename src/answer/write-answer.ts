/** The second half of the pipeline: drafts over the references, judged; the best one is the answer. */
import { deadline } from '../core/deadline.ts';
import { toFootnoteError } from '../core/errors.ts';
import type { Draft, Question, Reference, Warning } from '../core/nouns.ts';
import type { Stopwatch } from '../core/stopwatch.ts';
import type { QuestionKind } from '../core/question-kind.ts';
import type { AnswerBody, AnswerWork, InnerEvent, LooseSentence } from './answer-body.ts';
import type { FoundReferences } from './find-references.ts';
import type { PipelineOptions, PipelineParts } from './pipeline-parts.ts';
import { looseSentences } from './present/answer-text.ts';
import { foreignWarnings } from './present/foreign-warnings.ts';
import { publicReference } from './present/public-reference.ts';
import { askedQuestion } from './understand/asked-question.ts';
import { writeFirst, type Judged, type WrittenAnswer } from './write/write-first.ts';

const MAX_ANSWER_TOKENS = 64;
/** At temperature 0 the first draft is greedy and the others are sampled (`GenerateOptions`). */
const SAMPLING = { temperature: 0, topP: 0.95, topK: 40 } as const;

/**
 * Writes and checks an answer. A sentence is only told once its citations are checked: what a client
 * shows never has to be taken back.
 * @throws FootnoteError `cancelled`, `timeout`, `overloaded`, `worker-crashed` of the judge
 */
export async function* writeAnswer(
  question: Question,
  found: FoundReferences,
  parts: PipelineParts,
  options: PipelineOptions,
  watch: Stopwatch,
): AnswerWork {
  const { signal } = options;
  const { references, answerability, documents } = found;
  const pages = documents.length;
  const first = yield* writtenFirst(question, found, parts, options, watch);
  if (first !== null && first.sentences.length > 0) {
    const { sentences } = first;
    const warnings = [...found.warnings, ...first.warnings];
    warnings.push(...foreignWarnings(question, sentences, references));
    return {
      ...bodyOf(found, first, watch),
      abstained: false,
      sentences,
      score: first.judged.best?.score ?? null,
      warnings,
    };
  }
  const written =
    first ??
    (await watch.time('generate', () => generateDrafts(question, references, parts, options)));
  const { drafts: generated } = written;
  const drafts = [...generated, ...parts.extractiveDrafts(question, references)];
  const judged: Judged =
    first?.judged ??
    (await watch.time('score', () =>
      references.length === 0
        ? Promise.resolve({ best: null, abstained: true })
        : parts.judge({ question, drafts, references, answerability, pages }, { signal }),
    ));
  const { best } = judged;
  const abstained = judged.abstained || best === null;
  const sentences = looseSentences(
    abstained ? parts.abstention(question, references, judged.premise) : best.cited,
  );
  for (const sentence of sentences) yield { type: 'sentence', sentence };
  const warnings = [...found.warnings, ...written.warnings, ...(judged.warnings ?? [])];
  if (!abstained) warnings.push(...foreignWarnings(question, sentences, references));
  const body: AnswerBody = {
    ...bodyOf(found, written, watch),
    abstained,
    sentences,
    score: abstained ? null : best.score,
    warnings,
  };
  if (abstained) return body;
  const known = (judged.candidates ?? []).map(({ cited }) => looseSentences(cited));
  const alternatives = differing(known, [sentences]);
  if (alternatives.length < (options.alternatives ?? 0)) {
    // The judge composes the best from all drafts; each draft by itself may be another answer.
    for (const draft of generated) {
      const alone = { question, drafts: [draft], references, answerability, pages };
      const other = (await parts.judge(alone, { signal })).best;
      if (other === null) continue;
      alternatives.push(...differing([looseSentences(other.cited)], [sentences, ...alternatives]));
    }
  }
  return { ...body, alternatives };
}

/** What an answer has whoever wrote it. */
function bodyOf(
  { references, documents }: FoundReferences,
  { drafts, model }: Pick<WrittenDrafts, 'drafts' | 'model'>,
  watch: Stopwatch,
): Omit<AnswerBody, 'abstained' | 'sentences' | 'score' | 'warnings'> {
  return {
    references: references.map(publicReference),
    model,
    usage: {
      prompt_tokens: drafts[0]?.promptTokens ?? 0,
      completion_tokens: drafts.reduce((sum, draft) => sum + draft.completionTokens, 0),
    },
    timings_ms: watch.timings(),
    steps: [],
    alternatives: [],
    read: documents,
  };
}

/** Questions of one fact are answered by the draft or quotation that the judge prefers, as a whole. */
const JUDGED_AS_WHOLES: ReadonlySet<QuestionKind> = new Set(['fact', 'number']);

/** The answer as it is written; null where it is to be judged as a whole, or nothing can write it. */
async function* writtenFirst(
  question: Question,
  found: FoundReferences,
  parts: PipelineParts,
  options: PipelineOptions,
  watch: Stopwatch,
): AsyncGenerator<InnerEvent, WrittenAnswer | null> {
  const { writer } = parts;
  if (writer === undefined || options.drafts === 0 || found.references.length === 0) return null;
  const asked = askedQuestion(question.text);
  if (JUDGED_AS_WHOLES.has(asked.kind) && asked.parts.length === 0) return null;
  // Opening may have to fetch the weights, the first time.
  const { generator } = await parts.generator({ signal: options.signal }).catch(() => NO_GENERATOR);
  if (generator === null) return null;
  const end = watch.start('generate');
  try {
    return yield* writeFirst({ question, asked, found, generator, writer, parts, options });
  } finally {
    end();
  }
}

const NO_GENERATOR = { generator: null };

/** Those whose text is none of `others`', each text once. */
function differing(
  answers: readonly (readonly LooseSentence[])[],
  others: readonly (readonly LooseSentence[])[],
): (readonly LooseSentence[])[] {
  const textOf = (sentences: readonly LooseSentence[]): string =>
    sentences.map(({ text }) => text).join('\n');
  const seen = new Set(others.map(textOf));
  return answers.filter((one) => !seen.has(textOf(one)) && seen.add(textOf(one)));
}

interface WrittenDrafts {
  readonly drafts: readonly Draft[];
  readonly model: string;
  readonly warnings: readonly Warning[];
}

/** The generator's drafts; a generator that fails costs its drafts, not the answer. */
async function generateDrafts(
  question: Question,
  references: readonly Reference[],
  parts: PipelineParts,
  options: PipelineOptions,
): Promise<WrittenDrafts> {
  const none = { drafts: [], model: 'extractive', warnings: [] };
  if (options.drafts === 0 || references.length === 0) return none;
  let limit: ReturnType<typeof deadline> | null = null;
  let warnings: readonly Warning[] = [];
  try {
    // Opening may have to fetch the weights, the first time: that is not the generator's own time.
    const opened = await parts.generator({ signal: options.signal });
    ({ warnings } = opened);
    const { generator } = opened;
    if (generator === null) return { ...none, warnings };
    limit = deadline(options.generateTimeoutMs, options.signal, 'generate');
    const drafts = await generator.generate(parts.prompt(question, references), {
      signal: limit.signal,
      drafts: options.drafts,
      maxTokens: MAX_ANSWER_TOKENS,
      ...SAMPLING,
      temperature: options.temperature ?? SAMPLING.temperature,
      topP: options.topP ?? SAMPLING.topP,
      seed: options.seed,
    });
    return { drafts, model: generator.model, warnings };
  } catch (error) {
    const typed = toFootnoteError(error);
    if (options.signal.aborted || typed.code === 'overloaded') throw typed;
    const failed = { code: typed.code, message: `the generator failed: ${typed.message}` };
    return { ...none, warnings: [...warnings, failed] };
  } finally {
    limit?.clear();
  }
}
