/**
 * Answers as chat completions: OpenAI's shape with `annotations`, and Perplexity's `citations` and
 * `search_results` beside it, so that clients of either read the sources.
 */
import { randomUUID } from 'node:crypto';
import type { Response } from 'express';
import { lastAnswer } from '../answer/last-answer.ts';
import type { AnswerEnd } from '../answer/present/present-answer.ts';
import { toFootnoteError, toProblem } from '../core/errors.ts';
import type { Answer, AnswerEvent, AnswerReference } from '../core/nouns.ts';
import { chatChoices, stopAt } from './chat-choices.ts';
import { openAiError } from './chat-errors.ts';
import { exceedsTokens } from './chat-limit.ts';
import type { ChatRequest } from './chat-request.ts';
import type { ChatChunk, ChatCompletion } from './chat-schemas.ts';
import { firstEvent, openEventStream } from './event-stream.ts';

type Events = AsyncIterable<AnswerEvent>;

/** Answers with one `chat.completion`, or with a stream of chunks where the request asks for it. */
export async function writeChatCompletion(
  response: Response,
  request: ChatRequest,
  events: Events,
): Promise<void> {
  if (request.stream) {
    await writeChunks(response, request, events);
    return;
  }
  response.json(chatCompletion(await lastAnswer(events), request));
}

function chatCompletion(
  { answer, alternatives = [] }: AnswerEnd,
  request: ChatRequest,
): ChatCompletion {
  const choices = chatChoices(answer, alternatives, request);
  return {
    id: completionId(),
    object: 'chat.completion',
    created: now(),
    model: request.model,
    choices: choices.map(({ content, refusal, annotations, finishReason }, index) => ({
      index,
      message: { role: 'assistant', content, refusal, annotations },
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage: usage(answer),
    ...sources(answer.references),
    footnote: answerDetail(answer, request, choices.length),
  };
}

async function writeChunks(
  response: Response,
  request: ChatRequest,
  events: Events,
): Promise<void> {
  const started = await firstEvent(events);
  const stream = openEventStream(response);
  const head = { id: completionId(), created: now(), model: request.model };
  let known: ReturnType<typeof sources> = { citations: [], search_results: [] };
  const send = (
    delta: Partial<ChatChunk['choices'][number]['delta']>,
    rest: Partial<ChatChunk> = {},
    finishReason: 'stop' | 'length' | null = null,
    index = 0,
  ): Promise<void> =>
    sendData({
      ...head,
      object: 'chat.completion.chunk',
      choices: [
        {
          index,
          // Readers of Perplexity's stream want role and content on each chunk, as it sends them.
          delta: { role: 'assistant', content: '', ...delta },
          logprobs: null,
          finish_reason: finishReason,
        },
      ],
      ...(request.includeUsage ? { usage: null } : {}),
      citations: known.citations,
      ...rest,
    });
  const sendData = (data: unknown): Promise<void> => stream.send(`data: ${JSON.stringify(data)}`);
  const longestStop = Math.max(0, ...request.stop.map((text) => text.length - 1));
  let text = '';
  let content = '';
  try {
    for await (const event of started) {
      if (event.type === 'references') {
        known = sources(event.references);
        // Some clients look for the sources on the first chunk only, others on the last.
        await send({}, { search_results: known.search_results });
      } else if (event.type === 'answer-delta') {
        text += event.text;
        // JSON is filled from the whole answer.
        if (request.jsonSchema !== null || exceedsTokens(text.trimEnd(), request.maxTokens))
          continue;
        // What may be the beginning of a stop text is held back.
        const end = Math.min(stopAt(text, request.stop), text.length - longestStop);
        const fresh = text.slice(content.length, Math.max(content.length, end));
        if (fresh === '') continue;
        content += fresh;
        await send({ content: fresh });
      } else if (event.type === 'answer-end') {
        const { answer, alternatives = [] } = event;
        const choices = chatChoices(answer, alternatives, request);
        for (const [index, choice] of choices.entries()) {
          // A delta of several sentences may have been held back for the last of them.
          const rest = (choice.content ?? '').slice(index === 0 ? content.length : 0);
          const refusal = choice.refusal === null ? {} : { refusal: choice.refusal };
          await send(
            { content: rest, annotations: choice.annotations, ...refusal },
            {},
            null,
            index,
          );
        }
        for (const [index, choice] of choices.entries()) {
          const last = index === choices.length - 1;
          await send(
            {},
            last
              ? {
                  search_results: known.search_results,
                  footnote: answerDetail(answer, request, choices.length),
                  // Asked for, it has its own chunk; unasked it comes here, as Perplexity sends it.
                  ...(request.includeUsage ? {} : { usage: usage(answer) }),
                }
              : {},
            choice.finishReason,
            index,
          );
        }
        if (request.includeUsage) {
          await sendData({
            ...head,
            object: 'chat.completion.chunk',
            choices: [],
            usage: usage(answer),
            citations: known.citations,
          } satisfies ChatChunk);
        }
        await stream.send('data: [DONE]');
      }
    }
  } catch (thrown) {
    const error = toFootnoteError(thrown);
    await sendData({ ...toProblem(error), error: openAiError(error) });
  } finally {
    stream.end();
  }
}

function sources(
  references: readonly AnswerReference[],
): Pick<ChatCompletion, 'citations' | 'search_results'> {
  return {
    citations: references.map(({ url }) => url),
    search_results: references.map(({ title, url, published_at, text }) => ({
      title,
      url,
      date: published_at?.slice(0, 10) ?? null,
      snippet: text,
    })),
  };
}

/** What the answer has beyond the shapes of other services. */
export function answerDetail(
  answer: Answer,
  request: ChatRequest,
  choices: number,
): ChatCompletion['footnote'] {
  const fewer = {
    code: 'fewer-choices',
    message: `${request.n} drafts gave ${choices} different ${choices === 1 ? 'answer' : 'answers'} that the sources support; a higher temperature or another seed may give more`,
  };
  const { id, abstained, language, score, model, timings_ms } = answer;
  return {
    id,
    abstained,
    language,
    sentences: answer.sentences.map((sentence) => ({
      ...sentence,
      citations: [...sentence.citations],
    })),
    score,
    model,
    timings_ms,
    warnings: [...request.notices, ...answer.warnings, ...(choices < request.n ? [fewer] : [])],
    steps: answer.steps.map((step) => ({ ...step, references: [...step.references] })),
  };
}

function usage({ usage: { prompt_tokens, completion_tokens } }: Answer): ChatCompletion['usage'] {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

const completionId = (): string => `chatcmpl-${randomUUID().replaceAll('-', '')}`;

const now = (): number => Math.floor(Date.now() / 1_000);
