/**
 * A model's tokenizer, whatever files it was read from. Control tokens are never recognised inside
 * plain text: only the caller's own template parts may contain them.
 */

/** A piece of a prompt: the template's own text, or text from elsewhere, which stays plain. */
export interface PromptPart {
  readonly text: string;
  readonly plain: boolean;
}

/** What a reader of tokenizer files provides. */
export interface TokenTables {
  /** How many ids there are. */
  readonly size: number;
  /** Ids of plain text: control tokens written in it are spelled out. */
  readonly encode: (text: string) => number[];
  /** The bytes a token stands for; control tokens stand for none. */
  readonly bytesOf: (id: number) => Uint8Array;
  /** Control and other added tokens by name. */
  readonly specials: ReadonlyMap<string, number>;
  readonly stopIds: readonly number[];
  /** The chat template (Jinja), or null where the files have none. */
  readonly chatTemplate: string | null;
  readonly bosToken: string;
  readonly eosToken: string;
  /** Ids that stand before every prompt, unless the template wrote them itself. */
  readonly prefixIds: readonly number[];
  /** Ids that stand after every prompt. */
  readonly suffixIds?: readonly number[];
  /** Names the template to use where the files have none: `chatglm`, `chatglm2`, `glm`, or ''. */
  readonly family: string;
  /** SentencePiece writes a space before the first word, which is no part of the text. */
  readonly leadingSpace?: boolean;
  /** Spaces around control tokens are no text. */
  readonly trimmed?: boolean;
}

/** Tokens that end an answer, by name, besides those the files name. */
const endNames = [
  '<|im_end|>',
  '<|endoftext|>',
  '<|eot_id|>',
  '<|end_of_text|>',
  '<|endofpiece|>',
  '</s>',
  // GLM's next turn: the model hands over to the user or to a tool.
  '<|user|>',
  '<|observation|>',
];

export class ModelTokenizer {
  readonly stopIds: readonly number[];
  readonly #tables: TokenTables;
  readonly #special: RegExp | null;

  constructor(tables: TokenTables) {
    this.#tables = tables;
    const ends = endNames.flatMap((name) => tables.specials.get(name) ?? []);
    this.stopIds = [...new Set([...tables.stopIds, ...ends])];
    const names = [...tables.specials.keys()].sort((a, b) => b.length - a.length);
    this.#special =
      names.length === 0
        ? null
        : new RegExp(
            `(${names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`,
            'u',
          );
  }

  get size(): number {
    return this.#tables.size;
  }

  get chatTemplate(): string | null {
    return this.#tables.chatTemplate;
  }

  get bosToken(): string {
    return this.#tables.bosToken;
  }

  get eosToken(): string {
    return this.#tables.eosToken;
  }

  get family(): string {
    return this.#tables.family;
  }

  /** Ids of plain text: control tokens written in it are spelled out, never recognised. */
  encode(text: string): number[] {
    return text === '' ? [] : this.#tables.encode(text);
  }

  /** Ids of a prompt: control tokens count only in the parts that are not plain. */
  encodeParts(parts: readonly PromptPart[]): number[] {
    const { prefixIds, suffixIds = [], specials, trimmed = false } = this.#tables;
    const ids: number[] = [];
    let pending = '';
    const flush = (): void => {
      ids.push(...this.encode(trimmed ? pending.trim() : pending));
      pending = '';
    };
    for (const { text, plain } of parts) {
      if (plain || this.#special === null) {
        pending += text;
        continue;
      }
      // A capturing split alternates text and control token.
      text.split(this.#special).forEach((piece, index) => {
        if (index % 2 === 0) {
          pending += piece;
          return;
        }
        flush();
        ids.push(specials.get(piece) as number);
      });
    }
    flush();
    // A template that writes the prefix itself must not get a second one.
    const written = prefixIds.every((id, index) => ids[index] === id);
    return [...(written ? [] : prefixIds), ...ids, ...suffixIds];
  }

  /** The id of a control token by its name, or undefined. */
  specialId(name: string): number | undefined {
    return this.#tables.specials.get(name);
  }

  /** The bytes a token stands for; control tokens stand for none. */
  bytesOf(id: number): Uint8Array {
    return this.#tables.bytesOf(id);
  }

  /** Text of tokens; bytes that are no UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string {
    const stream = this.decodeStream();
    return stream.push(ids) + stream.end();
  }

  /** Decodes as tokens come, holding back bytes of an unfinished character. */
  decodeStream(): { push(ids: readonly number[]): string; end(): string } {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let atStart = this.#tables.leadingSpace === true;
    return {
      push: (ids) => {
        let text = '';
        for (const id of ids) text += decoder.decode(this.bytesOf(id), { stream: true });
        if (atStart && text !== '') {
          atStart = false;
          return text.startsWith(' ') ? text.slice(1) : text;
        }
        return text;
      },
      end: () => decoder.decode(),
    };
  }
}
