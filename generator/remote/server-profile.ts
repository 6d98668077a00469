/** What an OpenAI-compatible server can do: found out once, by its list of models and by what it refuses. */
import { z } from 'zod';

/** Parameters beyond the ones that every server takes; each is dropped where a server refuses it. */
export const OPTIONAL_PARAMETERS = [
  'n',
  'seed',
  'top_k',
  'stop',
  'stream_options',
  'top_p',
  'temperature',
] as const;
export type OptionalParameter = (typeof OPTIONAL_PARAMETERS)[number];

export type ServerKind = 'vllm' | 'sglang' | 'llama-server' | 'ollama' | 'lm-studio' | 'other';

const modelSchema = z.looseObject({
  id: z.string(),
  owned_by: z.string().nullish(),
  max_model_len: z.number().nullish(),
  context_length: z.number().nullish(),
  context_window: z.number().nullish(),
  max_context_length: z.number().nullish(),
  loaded_context_length: z.number().nullish(),
  meta: z.looseObject({ n_ctx: z.number().nullish(), n_ctx_train: z.number().nullish() }).nullish(),
});
export const modelListSchema = z.looseObject({
  data: z
    .array(modelSchema)
    .nullable()
    .transform((data) => data ?? []),
});
export type ListedModel = z.infer<typeof modelSchema>;

/** The program behind a model list, by `owned_by` and the fields that only it sends. */
export function serverKind(models: readonly ListedModel[]): ServerKind {
  const owner = models[0]?.owned_by?.toLowerCase() ?? '';
  if (owner === 'vllm') return 'vllm';
  if (owner === 'sglang') return 'sglang';
  if (owner === 'llamacpp') return 'llama-server';
  if (owner === 'library') return 'ollama';
  if (owner === 'organization_owner') return 'lm-studio';
  return 'other';
}

/** Tokens of prompt and answer together, where the list tells; the smallest that is told counts. */
export function contextOf(model: ListedModel): number | null {
  const told = [
    model.max_model_len,
    model.loaded_context_length,
    model.context_length,
    model.context_window,
    model.max_context_length,
    model.meta?.n_ctx,
    model.meta?.n_ctx_train,
  ].filter((value): value is number => typeof value === 'number' && value > 0);
  return told.length === 0 ? null : Math.min(...told);
}

/** `top_k` is no part of OpenAI's API: it is sent only to programs that are known to read it. */
const READS_TOP_K: ReadonlySet<ServerKind> = new Set([
  'vllm',
  'sglang',
  'llama-server',
  'lm-studio',
]);

/** What is known of one server; it learns while it is used. */
export class ServerProfile {
  readonly kind: ServerKind;
  readonly #refused = new Set<OptionalParameter>();
  /** OpenAI's newer models want `max_completion_tokens`. */
  maxTokensName: 'max_tokens' | 'max_completion_tokens' = 'max_tokens';

  constructor(kind: ServerKind) {
    this.kind = kind;
    if (!READS_TOP_K.has(kind)) this.#refused.add('top_k');
    // Ollama reads no `n` and says nothing about it.
    if (kind === 'ollama') this.#refused.add('n');
  }

  can(parameter: OptionalParameter): boolean {
    return !this.#refused.has(parameter);
  }

  /** Notes that the server does not take a parameter. */
  refuse(parameter: OptionalParameter): void {
    this.#refused.add(parameter);
  }

  /**
   * Learns from the message of a 400 or 422.
   * @returns true where the request is worth another try without what was refused
   */
  learn(message: string, sent: Readonly<Record<string, unknown>>): boolean {
    if (/max_completion_tokens/u.test(message) && this.maxTokensName === 'max_tokens') {
      this.maxTokensName = 'max_completion_tokens';
      return true;
    }
    const named = OPTIONAL_PARAMETERS.filter(
      (name) =>
        name in sent && new RegExp(`(?<![\\w-])['"\`]?${name}['"\`]?(?![\\w-])`, 'u').test(message),
    );
    for (const name of named) this.refuse(name);
    return named.length > 0;
  }

  /** One line for `doctor`: the program, and what it was seen not to take. */
  get summary(): string {
    const missing = [...this.#refused].filter(
      (name) => name !== 'top_k' || READS_TOP_K.has(this.kind),
    );
    return `${this.kind === 'other' ? 'an OpenAI-compatible server' : this.kind}${missing.length === 0 ? '' : `; without ${missing.join(', ')}`}`;
  }
}
