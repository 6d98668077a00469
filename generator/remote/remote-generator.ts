/**
 * A generator elsewhere, behind the `Generator` seam: any server that speaks OpenAI's chat or text
 * completions (vLLM, SGLang, llama-server, Ollama, LM Studio, a hosted API). Only the prompt leaves this
 * machine; searching, ranking, checking and citing stay here.
 */
import type { Dispatcher } from 'undici';
import { abortReason, deadline } from '../../src/core/deadline.ts';
import type { ProxySettings } from '../../src/core/proxy-settings.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import type { Draft, Prompt } from '../../src/core/nouns.ts';
import type { GenerateOptions, Generator } from '../../src/core/seams.ts';
import { estimateTokens } from '../prompt/build-prompt.ts';
import { CompletionReader, type RemoteChoice, type RemoteUsage } from './completion-stream.ts';
import { neutralText } from './neutral-text.ts';
import { ServerConnection } from './server-connection.ts';
import { messageOf, serverError } from './server-error.ts';
import {
  contextOf,
  OPTIONAL_PARAMETERS,
  serverKind,
  ServerProfile,
  type ListedModel,
} from './server-profile.ts';
import { StopWriter } from './stop-writer.ts';

export interface RemoteGeneratorOptions {
  /** Base URL, with or without `/v1`. */
  readonly url: string;
  readonly key?: string | undefined;
  /** Model on that server; default: the only one that it lists. */
  readonly model?: string | undefined;
  /** Deadline of one call in milliseconds; default 120,000. */
  readonly timeoutMs?: number;
  /** Longest wait for the first byte and between two pieces, in milliseconds; default 60,000. */
  readonly idleTimeoutMs?: number;
  readonly dispatcher?: Dispatcher | undefined;
  readonly proxy?: ProxySettings | undefined;
  readonly signal: AbortSignal;
}

/** Temperature of sampled drafts where the caller asks for a greedy first one, as the local generator's. */
const MODERATE_TEMPERATURE = 0.7;
/** OpenAI takes at most four stop strings; the others are applied here. */
const MAX_STOPS = 4;
/** One try and this many more, for a server that is busy or cannot be reached. */
const MAX_RETRIES = 2;
const MAX_RETRY_WAIT_MS = 20_000;

type Body = Record<string, unknown>;

interface Row {
  readonly draft: number;
  readonly temperature: number;
  readonly seed: number;
}

export class RemoteGenerator implements Generator {
  readonly model: string;
  /** Longest prompt plus answer in tokens; null where the server does not tell. */
  readonly contextTokens: number | null;
  readonly #connection: ServerConnection;
  readonly #profile: ServerProfile;
  readonly #options: RemoteGeneratorOptions;

  private constructor(
    options: RemoteGeneratorOptions,
    connection: ServerConnection,
    model: string,
    listed: readonly ListedModel[],
  ) {
    this.#options = options;
    this.#connection = connection;
    this.model = model;
    const own = listed.find(({ id }) => id === model);
    this.contextTokens = own === undefined ? null : contextOf(own);
    this.#profile = new ServerProfile(serverKind(listed));
  }

  /**
   * Asks the server which models it has.
   * @throws FootnoteError `generator-unreachable`, `generator-refused` (key, path, model),
   *   `config-invalid` (several models and none named), `timeout`, `cancelled`
   */
  static async open(options: RemoteGeneratorOptions): Promise<RemoteGenerator> {
    const { connection, models } = await ServerConnection.open(options);
    const names = models.map(({ id }) => id);
    let { model } = options;
    if (model === undefined) {
      if (names.length !== 1) {
        throw new FootnoteError(
          'config-invalid',
          names.length === 0
            ? `the generator at ${connection.host} lists no model; set FOOTNOTE_GENERATOR to the name of one`
            : `the generator at ${connection.host} has ${names.length} models; set FOOTNOTE_GENERATOR to one of ${names.slice(0, 12).join(', ')}`,
        );
      }
      [model] = names as [string];
    } else if (names.length > 0 && !names.includes(model)) {
      // Ollama lists `name:latest` for what is asked for as `name`.
      const tagged = names.find((name) => name === `${model}:latest`);
      if (tagged === undefined) {
        throw new FootnoteError(
          'generator-refused',
          `the generator at ${connection.host} has no model ${model}; it has ${names.slice(0, 12).join(', ')}`,
          { stage: 'generate' },
        );
      }
      model = tagged;
    }
    return new RemoteGenerator(options, connection, model, models);
  }

  /** The server's program and what it was seen not to take, in one line. */
  get summary(): string {
    return this.#profile.summary;
  }

  /** Host and port, for messages; never credentials. */
  get host(): string {
    return this.#connection.host;
  }

  /**
   * Drafts for a prompt: by `n` where the server has it, else by parallel requests with other seeds. The
   * first draft is greedy at temperature 0, as the local generator's.
   * @throws FootnoteError `prompt-too-long`, `generator-busy`, `generator-failed`, `generator-refused`,
   *   `generator-unreachable`, `timeout`, `cancelled`, `bad-request` (options out of range)
   */
  async generate(prompt: Prompt, options: GenerateOptions): Promise<readonly Draft[]> {
    if (!Number.isInteger(options.drafts) || options.drafts < 1 || options.drafts > 16) {
      throw new FootnoteError('bad-request', 'drafts must be 1 to 16');
    }
    const limit = deadline(this.#options.timeoutMs ?? 120_000, options.signal, 'generate');
    try {
      const rows: Row[] = Array.from({ length: options.drafts }, (_, draft) => ({
        draft,
        temperature:
          options.temperature > 0 ? options.temperature : draft === 0 ? 0 : MODERATE_TEMPERATURE,
        seed: options.seed + draft,
      }));
      const call = { ...options, signal: limit.signal };
      const drafts = await Promise.all(
        groups(rows).map((group) => this.#group(prompt, group, call)),
      );
      return drafts
        .flat()
        .sort((a, b) => a.draft - b.draft)
        .map(({ made }) => made);
    } catch (error) {
      if (limit.signal.aborted) throw abortReason(limit.signal);
      throw error;
    } finally {
      limit.clear();
    }
  }

  /** Opens the connection and runs a few tokens, so that the server has the model loaded. */
  async warm(signal: AbortSignal): Promise<void> {
    await this.generate(
      { kind: 'chat', messages: [{ role: 'user', content: 'Say yes.' }] },
      { drafts: 1, maxTokens: 2, temperature: 0, topP: 1, topK: 1, seed: 1, signal },
    );
  }

  /** Closes the connections; calls in hand fail. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Rows of one temperature: one request where the server takes `n`, else one each. */
  async #group(
    prompt: Prompt,
    rows: readonly Row[],
    options: GenerateOptions,
  ): Promise<{ readonly draft: number; readonly made: Draft }[]> {
    if (rows.length === 1 || !this.#profile.can('n')) {
      const each = await Promise.all(rows.map((row) => this.#request(prompt, [row], options)));
      return each.flat();
    }
    const made = await this.#request(prompt, rows, options);
    if (made.length === rows.length) return made;
    // The server took `n` and wrote fewer: the rest is asked for one by one, now and from now on.
    this.#profile.refuse('n');
    const known = new Set(made.map(({ draft }) => draft));
    const missing = rows.filter(({ draft }) => !known.has(draft));
    return [...made, ...(await this.#group(prompt, missing, options))];
  }

  async #request(
    prompt: Prompt,
    rows: readonly Row[],
    options: GenerateOptions,
  ): Promise<{ readonly draft: number; readonly made: Draft }[]> {
    let shown = false;
    for (let attempt = 0; ; attempt += 1) {
      const writer = new StopWriter(options.stop ?? [], (index, text) => {
        const row = rows[index];
        if (row === undefined) return;
        shown = true;
        options.onDelta?.(row.draft, text);
      });
      try {
        const reader = await this.#send(prompt, rows, options, writer);
        return rows.flatMap((row, index) => {
          const choice = reader.choices.get(index);
          if (choice === undefined) return [];
          const text = writer.end(index);
          const stopped = writer.stopped(index);
          const made = draftOf(prompt, { ...choice, text }, stopped, reader.usage, rows.length);
          return [{ draft: row.draft, made }];
        });
      } catch (error) {
        const wait = retryWait(error, attempt);
        // What was shown is not written anew: another try could say something else.
        if (wait === null || shown || options.signal.aborted) throw error;
        await sleep(wait, options.signal);
      }
    }
  }

  /** One request; parameters that the server refuses are dropped, remembered, and it is sent again. */
  async #send(
    prompt: Prompt,
    rows: readonly Row[],
    options: GenerateOptions,
    writer: StopWriter,
  ): Promise<CompletionReader> {
    const path = prompt.kind === 'chat' ? '/chat/completions' : '/completions';
    for (let tries = 0; ; tries += 1) {
      const body = this.#body(prompt, rows, options);
      const reply = await this.#connection.post(path, body, options.signal);
      if (reply.status === 400 || reply.status === 422) {
        const text = await reply.text();
        if (tries <= OPTIONAL_PARAMETERS.length && this.#profile.learn(messageOf(text), body)) {
          continue;
        }
        throw serverError(
          this.host,
          { status: reply.status, body: text, retryAfterSeconds: reply.retryAfterSeconds },
          this.#options.key,
        );
      }
      if (reply.status !== 200) {
        throw serverError(
          this.host,
          {
            status: reply.status,
            body: await reply.text(),
            retryAfterSeconds: reply.retryAfterSeconds,
          },
          this.#options.key,
        );
      }
      const reader = new CompletionReader(this.host, (index, text) => writer.push(index, text));
      if (reply.contentType.includes('json')) reader.readWhole(await reply.text());
      else await reader.readEvents(reply.chunks());
      reader.finish();
      if (!reader.complete) {
        throw new FootnoteError(
          'generator-failed',
          `the generator at ${this.host} ended its stream in the middle of the answer`,
          { stage: 'generate' },
        );
      }
      return reader;
    }
  }

  #body(prompt: Prompt, rows: readonly Row[], options: GenerateOptions): Body {
    const [first] = rows as [Row];
    const profile = this.#profile;
    const stops = (options.stop ?? []).filter((text) => text !== '').slice(0, MAX_STOPS);
    const optional: Body = {
      ...(rows.length > 1 ? { n: rows.length } : {}),
      seed: first.seed,
      temperature: first.temperature,
      ...(first.temperature > 0 ? { top_p: options.topP } : {}),
      ...(first.temperature > 0 && options.topK > 0 ? { top_k: options.topK } : {}),
      ...(stops.length > 0 ? { stop: stops } : {}),
      stream_options: { include_usage: true },
    };
    const allowed = Object.entries(optional).filter(([name]) =>
      profile.can(name as (typeof OPTIONAL_PARAMETERS)[number]),
    );
    return {
      model: this.model,
      // The same messages give the same beginning of the prompt, which servers keep in their cache.
      ...(prompt.kind === 'chat'
        ? {
            messages: prompt.messages.map(({ role, content }) => ({
              role,
              content: neutralText(content),
            })),
          }
        : { prompt: neutralText(prompt.text) }),
      [profile.maxTokensName]: options.maxTokens,
      stream: true,
      ...Object.fromEntries(allowed),
    };
  }
}

/** Greedy rows apart from sampled ones: one request has one temperature. */
function groups(rows: readonly Row[]): Row[][] {
  const byTemperature = new Map<number, Row[]>();
  for (const row of rows) {
    byTemperature.set(row.temperature, [...(byTemperature.get(row.temperature) ?? []), row]);
  }
  return [...byTemperature.values()];
}

function draftOf(
  prompt: Prompt,
  choice: RemoteChoice,
  stopped: boolean,
  usage: RemoteUsage | null,
  rows: number,
): Draft {
  const asked =
    prompt.kind === 'chat' ? prompt.messages.map(({ content }) => content).join('\n') : prompt.text;
  return {
    kind: 'generated',
    text: choice.text,
    promptTokens: usage?.promptTokens ?? estimateTokens(asked),
    completionTokens:
      usage !== null && rows === 1 ? usage.completionTokens : estimateTokens(choice.text),
    finishReason: stopped ? 'stop' : (choice.finishReason ?? 'stop'),
    meanLogProbability: null,
  };
}

/** Milliseconds to wait before another try; null where another try makes no sense. */
function retryWait(error: unknown, attempt: number): number | null {
  if (attempt >= MAX_RETRIES || !(error instanceof FootnoteError)) return null;
  if (error.code === 'generator-busy') {
    const wait = (error.retryAfterSeconds ?? 2) * 1_000;
    return wait <= MAX_RETRY_WAIT_MS ? wait : null;
  }
  return error.code === 'generator-unreachable' || error.code === 'generator-failed'
    ? 250 * 2 ** attempt
    : null;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(abortReason(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
