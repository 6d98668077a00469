/** The models that the chat API offers: ways of answering, not files of weights. */
import { FootnoteError } from '../core/errors.ts';

interface ChatModel {
  readonly description: string;
  /** Drafts the generator writes; undefined: as configured. */
  readonly drafts: number | undefined;
}

const MODELS: ReadonlyMap<string, ChatModel> = new Map([
  ['footnote', { description: 'The best of written and quoted answers', drafts: undefined }],
  ['footnote-extractive', { description: 'Quotations alone, no generator', drafts: 0 }],
]);

const created = Math.floor(Date.now() / 1_000);

/** A model in the shape of OpenAI's list. `created` is when this service started, in seconds. */
export interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: 'footnote';
  readonly description: string;
}

export function listChatModels(): { readonly object: 'list'; readonly data: ListedModel[] } {
  return { object: 'list', data: Array.from(MODELS.keys(), listedModel) };
}

/** @throws FootnoteError `not-found` with OpenAI's code `model_not_found` */
export function listedModel(id: string): ListedModel {
  const { description } = chatModel(id);
  return { id, object: 'model', created, owned_by: 'footnote', description };
}

/** @throws FootnoteError `not-found` with OpenAI's code `model_not_found` */
export function chatModel(id: string): ChatModel {
  const model = MODELS.get(id);
  if (model !== undefined) return model;
  const message = `there is no model ${JSON.stringify(id)}; use ${[...MODELS.keys()].join(' or ')}`;
  throw new FootnoteError('not-found', `model: ${message}`, {
    extra: { errors: [{ field: 'model', message, code: 'model_not_found' }] },
  });
}
