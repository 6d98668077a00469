/**
 * Answers as chat completions: OpenAI's shape with `annotations`, and Perplexity's `citations` and
 * `search_results` beside it, so that clients of either read the sources.
 */
import { randomUUID } from 'node:crypto';
import type { Response } from 'express';
import { FootnoteError, toFootnoteError, toProblem } from '../core/errors.ts';
import type { Answer, AnswerEvent, AnswerReference, CitedSentence } from '../core/nouns.ts';
import { openAiError } from './chat-errors.ts';
import { answerWithin, exceedsTokens } from './chat-limit.ts';
import type { ChatRequest } from './chat-request.ts';
import type { ChatChunk, ChatCompletion, UrlCitation } from './chat-schemas.ts';
import { openEventStream } from './event-stream.ts';

/** How long a stream waits for its first event, so that an early failure keeps its HTTP status. */
const PATIENCE_MS = 8_000;

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
  let answer: Answer | undefined;
  for await (const event of events) if (event.type === 'answer-end') answer = event.answer;
  if (answer === undefined) throw new FootnoteError('internal', 'the answer has no end');
  response.json(chatCompletion(answer, request));
}

function chatCompletion(answer: Answer, request: ChatRequest): ChatCompletion {
  const { content, sentences, whole } = answerWithin(answer, request.maxTokens);
  return {
    id: completionId(),
    object: 'chat.completion',
    created: now(),
    model: request.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content,
          refusal: null,
          annotations: urlCitations(sentences, answer.references),
        },
        logprobs: null,
        finish_reason: whole ? 'stop' : 'length',
      },
    ],
    usage: usage(answer),
    ...sources(answer.references),
    footnote: detail(answer, request),
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
  ): Promise<void> =>
    sendData({
      ...head,
      object: 'chat.completion.chunk',
      choices: [
        {
          index: 0,
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
  let content = '';
  let held = false;
  try {
    for await (const event of started) {
      if (event.type === 'references') {
        known = sources(event.references);
        // Some clients look for the sources on the first chunk only, others on the last.
        await send({}, { search_results: known.search_results });
      } else if (event.type === 'answer-delta') {
        held ||= exceedsTokens((content + event.text).trimEnd(), request.maxTokens);
        if (held) continue;
        content += event.text;
        await send({ content: event.text });
      } else if (event.type === 'answer-end') {
        const { answer } = event;
        const shown = answerWithin(answer, request.maxTokens);
        // A delta of several sentences may have been held back for the last of them.
        const rest = shown.content.slice(content.length);
        await send({
          content: rest,
          annotations: urlCitations(shown.sentences, answer.references),
        });
        await send(
          {},
          {
            search_results: known.search_results,
            footnote: detail(answer, request),
            // Asked for, it has its own chunk; unasked it comes here, as Perplexity sends it.
            ...(request.includeUsage ? {} : { usage: usage(answer) }),
          },
          shown.whole ? 'stop' : 'length',
        );
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

/**
 * Waits until the first event is there, or for some seconds; then all events, from the first.
 * @throws what the events throw in that time
 */
async function firstEvent(events: Events): Promise<Events> {
  const iterator = events[Symbol.asyncIterator]();
  const first = iterator.next();
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  try {
    await Promise.race([first, waited]);
  } finally {
    clearTimeout(timer);
  }
  return (async function* () {
    try {
      for (let step = await first; step.done !== true; step = await iterator.next()) {
        yield step.value;
      }
    } finally {
      await iterator.return?.();
    }
  })();
}

/**
 * One annotation for each quote, over the sentence that it supports. In the order of reference
 * numbers: clients that number sources as they come then show the numbers of the text.
 */
function urlCitations(
  sentences: readonly CitedSentence[],
  references: readonly AnswerReference[],
): UrlCitation[] {
  return sentences
    .flatMap((sentence) => sentence.citations.map((citation) => ({ sentence, citation })))
    .sort((a, b) => a.citation.reference - b.citation.reference)
    .map(({ sentence, citation }) => ({
      type: 'url_citation',
      url_citation: {
        start_index: sentence.start,
        end_index: sentence.end,
        url: citation.url,
        title: references[citation.reference - 1]?.title ?? '',
      },
    }));
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

function detail(answer: Answer, request: ChatRequest): ChatCompletion['footnote'] {
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
    warnings: [...request.warnings, ...answer.warnings],
  };
}

function usage({ usage: { prompt_tokens, completion_tokens } }: Answer): ChatCompletion['usage'] {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

const completionId = (): string => `chatcmpl-${randomUUID().replaceAll('-', '')}`;

const now = (): number => Math.floor(Date.now() / 1_000);
