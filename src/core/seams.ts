/**
 * The seams between rooms: small interfaces that have at least two implementations each (one of them
 * offline) and one contract test for all. Every call takes options with a required `signal`.
 */
import type {
  Document,
  Draft,
  FetchedPage,
  Freshness,
  Prompt,
  Reference,
  SearchResult,
} from './nouns.ts';

export interface CallOptions {
  readonly signal: AbortSignal;
}

export interface SearchQuery {
  /** Keywords as typed into a search box. */
  readonly text: string;
  readonly language: string;
  readonly limit: number;
  readonly freshness?: Freshness | undefined;
  readonly sites: readonly string[];
}

/**
 * A search engine. Throws FootnoteError with a `search-*` code (`search-captcha`, `search-blocked`,
 * `search-rate-limited` with `retryAfterSeconds`, `search-bad-response`) or `timeout`/`cancelled`;
 * an honest empty list is not an error.
 */
export interface SearchProvider {
  readonly name: string;
  search(query: SearchQuery, options: CallOptions): Promise<readonly SearchResult[]>;
  /** How much of its own content the last search could see; null: all of it, as with any web engine. */
  indexed?(): IndexProgress | null;
  /** Resolves when all of its own content can be searched. Throws as `search`. */
  prepare?(
    options: CallOptions & {
      readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
    },
  ): Promise<void>;
}

/** How far a provider is in reading its own content. */
export interface IndexProgress {
  /** Files that can be searched. */
  readonly done: number;
  /** Files there are; null: they are still being listed. */
  readonly total: number | null;
  /** Seconds until all are there, at the present speed; null: not known yet. */
  readonly secondsLeft: number | null;
}

export interface FetchCallOptions extends CallOptions {
  /** BCP 47 tag of the reader, for servers that have a page in several languages. */
  readonly language?: string | undefined;
}

/** Fetches one page behind the guard. Throws FootnoteError (`url-refused`, `robots-disallowed`, …). */
export interface Fetcher {
  fetch(url: string, options: FetchCallOptions): Promise<FetchedPage>;
}

export interface CacheEntry {
  readonly value: Uint8Array;
  /** When the value was true: ms since 1970. */
  readonly storedAtMs: number;
  /** From when on the entry is of no use at all (not merely stale): ms since 1970. */
  readonly expiresAtMs: number;
}

/**
 * Bytes by key, bounded in bytes. It fails no caller: what cannot be read is a miss, what cannot be
 * written is not kept.
 */
export interface Cache {
  /** The entry, or null when there is none or it has expired. */
  get(key: string, options: CallOptions): Promise<CacheEntry | null>;
  set(key: string, entry: CacheEntry, options: CallOptions): Promise<void>;
  delete(key: string, options: CallOptions): Promise<void>;
  close(): Promise<void>;
}

/** Reads a page into a document, in a child process. Throws `extract-failed`, `unsupported-content`, `timeout`. */
export interface Extractor {
  extract(page: FetchedPage, options: CallOptions): Promise<Document>;
}

/** Embeds texts as unit vectors. `kind` selects the model's prefix (E5: `query: ` / `passage: `). */
export interface Embedder {
  readonly dimensions: number;
  embed(
    texts: readonly string[],
    options: CallOptions & { readonly kind: 'query' | 'passage' },
  ): Promise<readonly Float32Array[]>;
}

export interface GenerateOptions extends CallOptions {
  /** How many drafts share the one prefill. */
  readonly drafts: number;
  readonly maxTokens: number;
  /** 0: draft 0 is greedy, the others are sampled at the generator's own moderate temperature. */
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly seed: number;
  readonly stop?: readonly string[] | undefined;
  /** Called with new text of draft `index`, as it is decoded. */
  readonly onDelta?: ((index: number, text: string) => void) | undefined;
}

/** A language model. Throws `prompt-too-long`, `worker-crashed`, `overloaded`, `timeout`, `cancelled`. */
export interface Generator {
  /** Store name of the model in use. */
  readonly model: string;
  generate(prompt: Prompt, options: GenerateOptions): Promise<readonly Draft[]>;
}

/**
 * `supported`: all of the claim follows. `partly`: its main statement follows, some part does not.
 * `contradicted`: a reference and the claim cannot both hold. `no-claim`: nothing that could be true or
 * false (a heading, an empty line, "the sources do not say").
 */
export type Verdict = 'supported' | 'partly' | 'unsupported' | 'contradicted' | 'no-claim';

export interface SupportVerdict {
  readonly verdict: Verdict;
  /** 0..1, calibrated: probability that the references entail the claim. */
  readonly support: number;
  /** `verdict` is `supported`. */
  readonly attributable: boolean;
  /**
   * Spans that carry the support, the best first, over one or several references; `reference` is the
   * 0-based index into the given references, offsets index its text.
   */
  readonly evidence: readonly {
    readonly reference: number;
    readonly start: number;
    readonly end: number;
  }[];
}

/** A sentence to be checked, with what its reader has read before it. */
export interface Claim {
  readonly claim: string;
  readonly question?: string | undefined;
  /** Sentences before it in the same answer: they say who "he" and what "the album" is. */
  readonly before?: readonly string[] | undefined;
}

/** What a claim is checked against; the title, where there is one, names the topic of the text. */
export interface SupportReference {
  readonly title?: string | undefined;
  readonly text: string;
}

/** Do the references, one of them or several together, entail each claim? */
export interface SupportJudge {
  /**
   * One verdict a claim, in their order. References that were given before are not read anew, so that a
   * call for each sentence of an answer costs little more than one call for all of them.
   */
  check(
    claims: readonly Claim[],
    references: readonly SupportReference[],
    options: CallOptions,
  ): Promise<readonly SupportVerdict[]>;
}

/** Scores how much people would prefer this answer; higher is better. */
export interface Scorer {
  score(
    input: {
      readonly question: string;
      readonly answer: string;
      readonly references: readonly Pick<Reference, 'title' | 'text'>[];
    },
    options: CallOptions,
  ): Promise<number>;
}
