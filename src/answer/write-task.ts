/** Answers a chat program's own prompt by the generator alone: nothing is searched, nothing is cited. */
import { deadline } from '../core/deadline.ts';
import { toFootnoteError } from '../core/errors.ts';
import type { Warning } from '../core/nouns.ts';
import { NO_TIME, type AnswerWork } from './answer-body.ts';
import type { PipelineOptions, PipelineParts } from './pipeline-parts.ts';
import { taskReply, type ChatTask } from './understand/chat-task.ts';

/** Tokens of a title, some tags or a few suggestions. */
const MOST_TOKENS = 120;

/**
 * Without a generator, or with one that fails, the reply is made of the conversation itself.
 * @throws FootnoteError `overloaded`, `cancelled`
 */
// oxlint-disable-next-line require-yield
export async function* writeTask(
  task: ChatTask,
  parts: Pick<PipelineParts, 'generator'>,
  options: Pick<PipelineOptions, 'signal' | 'generateTimeoutMs' | 'seed'>,
): AnswerWork {
  const warnings: Warning[] = [
    {
      code: 'chat-program-task',
      message: 'taken for a task of the chat program itself: nothing was searched or cited',
    },
  ];
  let written = '';
  let model = 'rules';
  let usage = { prompt_tokens: 0, completion_tokens: 0 };
  const limit = deadline(options.generateTimeoutMs, options.signal, 'generate');
  try {
    const { generator } = await parts.generator({ signal: limit.signal });
    const [draft] =
      generator === null
        ? []
        : await generator.generate(
            { kind: 'chat', messages: [{ role: 'user', content: task.prompt }] },
            {
              drafts: 1,
              maxTokens: MOST_TOKENS,
              temperature: 0,
              topP: 1,
              topK: 0,
              seed: options.seed,
              signal: limit.signal,
            },
          );
    if (generator !== null && draft !== undefined) {
      written = draft.text;
      model = generator.model;
      usage = { prompt_tokens: draft.promptTokens, completion_tokens: draft.completionTokens };
    }
  } catch (error) {
    const typed = toFootnoteError(error);
    if (options.signal.aborted || typed.code === 'overloaded') throw typed;
    warnings.push({ code: typed.code, message: `the generator failed: ${typed.message}` });
  } finally {
    limit.clear();
  }
  return {
    abstained: false,
    sentences: [{ text: taskReply(task, written), citations: [] }],
    alternatives: [],
    references: [],
    score: null,
    model,
    usage,
    timings_ms: NO_TIME,
    warnings,
    steps: [],
    read: [],
  };
}
