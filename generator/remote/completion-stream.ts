/**
 * Reads the reply to a chat or text completion: server-sent events as OpenAI streams them
 * (https://platform.openai.com/docs/api-reference/chat/streaming), or one JSON object from a server
 * that does not stream.
 */
import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { FootnoteError } from '../../src/core/errors.ts';
import { messageOf } from './server-error.ts';
import { ThoughtFilter } from './thought-filter.ts';

/** One choice as it was read. */
export interface RemoteChoice {
  text: string;
  finishReason: 'stop' | 'length' | null;
}

export interface RemoteUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

const textPart = z.object({ content: z.string().nullish() }).loose().nullish();
const choiceSchema = z.object({
  index: z.number().int().min(0).max(127).default(0),
  delta: textPart,
  message: textPart,
  text: z.string().nullish(),
  finish_reason: z.string().nullish(),
});
const chunkSchema = z.object({
  choices: z.array(choiceSchema).default([]),
  usage: z
    .object({ prompt_tokens: z.number().default(0), completion_tokens: z.number().default(0) })
    .nullish(),
  error: z.unknown().optional(),
});

/** More characters than any answer has; a server that goes on for ever is left. */
const MAX_CHARACTERS = 400_000;

/** Collects the choices of one reply. `onText` gets each piece of text as it arrives. */
export class CompletionReader {
  readonly choices = new Map<number, RemoteChoice>();
  usage: RemoteUsage | null = null;
  /** True after `[DONE]` or a whole JSON reply. */
  ended = false;
  readonly #host: string;
  readonly #onText: (index: number, text: string) => void;
  readonly #filters = new Map<number, ThoughtFilter>();
  #characters = 0;

  constructor(host: string, onText: (index: number, text: string) => void) {
    this.#host = host;
    this.#onText = onText;
  }

  /**
   * Reads a body of server-sent events to its end.
   * @throws FootnoteError `generator-failed`: malformed, too long, or an error event
   */
  async readEvents(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let problem: unknown = null;
    const parser = createParser({
      onEvent: ({ data }) => {
        if (problem !== null || this.ended) return;
        try {
          if (data.trim() === '[DONE]') this.ended = true;
          else this.#take(data);
        } catch (error) {
          problem = error;
        }
      },
    });
    for await (const chunk of chunks) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (problem !== null) throw problem as Error;
      if (this.ended) return;
    }
    // A last event without the blank line that ends it.
    parser.feed('\n\n');
    if (problem !== null) throw problem as Error;
  }

  /** Reads one JSON reply. @throws FootnoteError `generator-failed` */
  readWhole(text: string): void {
    this.#take(text);
    this.ended = true;
  }

  /** True when every choice that began has ended, so that nothing of a text is missing. */
  get complete(): boolean {
    const all = [...this.choices.values()];
    return this.ended || (all.length > 0 && all.every(({ finishReason }) => finishReason !== null));
  }

  /** Gives out what the filters of reasoning still hold; call once, at the end. */
  finish(): void {
    for (const [index, filter] of this.#filters) this.#add(index, filter.end());
  }

  #take(data: string): void {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      throw this.#failure(`sent text that is not JSON: ${data.slice(0, 80)}`);
    }
    const parsed = chunkSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw this.#failure(
        `sent JSON of another shape (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})`,
      );
    }
    const { choices, usage, error } = parsed.data;
    if (error !== undefined && error !== null) {
      throw this.#failure(`reports an error in its stream: ${messageOf(data)}`);
    }
    if (usage !== null && usage !== undefined) {
      this.usage = {
        promptTokens: usage.prompt_tokens,
        completionTokens: usage.completion_tokens,
      };
    }
    for (const choice of choices) {
      const known = this.choices.get(choice.index) ?? { text: '', finishReason: null };
      this.choices.set(choice.index, known);
      const piece = choice.delta?.content ?? choice.message?.content ?? choice.text ?? '';
      let filter = this.#filters.get(choice.index);
      if (filter === undefined) {
        filter = new ThoughtFilter();
        this.#filters.set(choice.index, filter);
      }
      this.#add(choice.index, filter.push(piece));
      if (choice.finish_reason !== null && choice.finish_reason !== undefined) {
        known.finishReason = choice.finish_reason === 'length' ? 'length' : 'stop';
      }
    }
  }

  #add(index: number, text: string): void {
    const choice = this.choices.get(index);
    if (text === '' || choice === undefined) return;
    this.#characters += text.length;
    if (this.#characters > MAX_CHARACTERS) throw this.#failure('sends text without an end');
    choice.text += text;
    this.#onText(index, text);
  }

  #failure(what: string): FootnoteError {
    return new FootnoteError('generator-failed', `the generator at ${this.#host} ${what}`, {
      stage: 'generate',
    });
  }
}
