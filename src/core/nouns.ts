/**
 * The nouns of the pipeline, one per stage, all immutable:
 *
 * Question → SearchResult → FetchedPage → Document → Passage → Reference
 *   → Prompt → Draft → CitedAnswer → ScoredAnswer → Answer
 *
 * Every offset in this file is in UTF-16 code units (what `String.prototype.slice` takes), half open.
 */

/** How recent a source has to be: a named span before the question's time, or an ISO 8601 date. */
export type Freshness = 'day' | 'week' | 'month' | 'year' | (string & {});

/** One earlier message of a conversation. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What is known of who asks; all of it optional, none of it guessed. */
export interface Asker {
  /** BCP 47 tag. */
  readonly language?: string | undefined;
  /** ISO 3166 two-letter code or a name. */
  readonly country?: string | undefined;
  readonly region?: string | undefined;
  readonly city?: string | undefined;
  /** IANA name, such as `Europe/Berlin`: decides what "today" is. */
  readonly timezone?: string | undefined;
}

/** What the user asked, normalised once at the edge: a question that stands by itself. */
export interface Question {
  readonly text: string;
  /** BCP 47 primary subtag of the language to answer in: `en`, `zh`, … */
  readonly language: string;
  /** ISO 8601 instant the question was asked; what "today" means. */
  readonly askedAt: string;
  readonly freshness?: Freshness | undefined;
  /** Host names the search is limited to; empty means the whole web. */
  readonly sites: readonly string[];
  /** Host names whose pages are left out, with all below them. */
  readonly excludedSites?: readonly string[] | undefined;
}

/** One search engine result. The snippet is the engine's, never evidence. */
export interface SearchResult {
  readonly url: string;
  readonly title: string;
  readonly snippet: string;
  /** ISO 8601 date, where the engine gave one. */
  readonly publishedAt: string | null;
  /** Name of the provider (the first one, after merging). */
  readonly provider: string;
  /** 1-based position in the provider's own list (after merging: in the merged list). */
  readonly rank: number;
}

/** The bytes of one page as they came, decompressed but not decoded. */
export interface FetchedPage {
  /** The URL that was asked for. */
  readonly url: string;
  /** The URL that answered, after redirects. */
  readonly finalUrl: string;
  readonly status: number;
  /** The `Content-Type` header verbatim, or null. */
  readonly contentType: string | null;
  readonly body: Uint8Array;
  /** ISO 8601 instant. */
  readonly fetchedAt: string;
  /** True when a browser ran the page's scripts; `body` is then the serialised DOM in UTF-8. */
  readonly rendered: boolean;
  /** `Last-Modified`, ISO 8601, where sent. */
  readonly lastModified: string | null;
  /** True when the connection was lost before the page had come whole. */
  readonly cut?: boolean;
}

/** One page that yielded nothing; a value, not a throw. Its text never enters a passage or a prompt. */
export interface PageFailure {
  readonly url: string;
  readonly stage: 'fetch' | 'render' | 'extract';
  /** A code of the error table in `errors.ts`. */
  readonly code: string;
  readonly message: string;
}

/** A heading of a document and where its text stands. */
export interface Heading {
  readonly level: number;
  readonly start: number;
  readonly end: number;
}

/** The readable text of a page. `text` is the only base of offsets downstream. */
export interface Document {
  readonly url: string;
  readonly title: string;
  readonly byline: string | null;
  /** ISO 8601 date or instant. */
  readonly publishedAt: string | null;
  /** BCP 47 primary subtag. */
  readonly language: string;
  /** Blocks separated by one blank line (`\n\n`). */
  readonly text: string;
  readonly headings: readonly Heading[];
  /** Host name without `www.`, or the site's own name for itself. */
  readonly site: string;
  readonly canonicalUrl: string | null;
  readonly fetchedAt: string;
}

/** Whole sentences of one document: `text === document.text.slice(start, end)`. */
export interface Passage {
  /** Unique within one answer: `<document index>:<start>`. */
  readonly id: string;
  readonly document: Document;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Texts of the headings above the passage, outermost first. */
  readonly headingPath: readonly string[];
}

/** A sentence of a reference that bears on the question; offsets into `Reference.text`. */
export interface EvidenceSentence {
  readonly reference: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly score: number;
}

/** What the cross-encoder (a model over question and passage together) says of one reference. */
interface ReferenceAnswerSpan {
  /** The likeliest answer's place in `Reference.text`, half open. */
  readonly start: number;
  readonly end: number;
  /** Probability of that span, beside "no answer here". */
  readonly span: number;
  /** Probability of "no answer here", by the same head. */
  readonly none: number;
  /** Logit: does the passage hold the answer? */
  readonly answerable: number;
}

/** A passage numbered 1..k, once, for good. `text` is verbatim from `Document.text`. */
export interface Reference {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly site: string;
  readonly language: string;
  readonly publishedAt: string | null;
  readonly fetchedAt: string;
  readonly text: string;
  /** Texts of the headings above it on its page, outermost first. */
  readonly headingPath?: readonly string[] | undefined;
  readonly score: number | null;
  /** Best first. */
  readonly evidence: readonly EvidenceSentence[];
  /** Absent: it was not read. */
  readonly answerSpan?: ReferenceAnswerSpan | undefined;
}

interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What the generator reads: chat messages, or one raw completion text. */
export type Prompt =
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] }
  | { readonly kind: 'completion'; readonly text: string };

/** A candidate answer before citation. */
export interface Draft {
  readonly kind: 'generated' | 'extractive' | 'combined';
  readonly text: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly finishReason: 'stop' | 'length';
  /** Mean log-probability per generated token (nats); null where nothing was generated. */
  readonly meanLogProbability: number | null;
}

export interface Citation {
  /** Number of a reference, always in 1..k. */
  readonly reference: number;
  /** `reference.text.slice(start, end)`, exactly. */
  readonly quote: string;
  readonly start: number;
  readonly end: number;
  /** The reference's URL with a text fragment (`#:~:text=`) to the quote. */
  readonly url: string;
  /** 0..1: how well the quote entails the sentence. */
  readonly support: number;
}

/** `answer.slice(start, end) === text`; the `[n]` marks follow `end` and belong to the sentence. */
export interface CitedSentence {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly citations: readonly Citation[];
}

export interface CitedAnswer {
  readonly draft: Draft;
  /** The text with `[n]` after each sentence. */
  readonly answer: string;
  readonly sentences: readonly CitedSentence[];
  /** 0..1: the least support among the sentences; 0 without sentences. */
  readonly support: number;
}

export interface ScoredAnswer {
  readonly cited: CitedAnswer;
  /** What `select` orders by. */
  readonly score: number;
  /** The human-preference model's score alone. */
  readonly preference: number;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
}

export interface TimingsMs {
  readonly search: number;
  readonly fetch: number;
  readonly extract: number;
  readonly rank: number;
  readonly generate: number;
  readonly score: number;
  readonly total: number;
}

/** A reference as clients see it (contract: REST, `references[]`). */
export interface AnswerReference {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly site: string;
  readonly published_at: string | null;
  readonly fetched_at: string;
  readonly text: string;
  readonly score: number | null;
  /** Sentences of `text` for which the reference was chosen, best first. */
  readonly evidence: readonly { readonly start: number; readonly end: number }[];
}

/**
 * One step on the way from what was typed to the answer, for people to follow:
 * `rewrite` a follow-up into a question of its own, `reply` without a search (small talk, the
 * conversation itself, today's date), `search` for one of several questions, `extract` a quantity from
 * a cited sentence, `calculate` an expression exactly, `compare` two quantities, `style` the answer.
 */
export interface AnswerStep {
  readonly kind: 'rewrite' | 'reply' | 'search' | 'extract' | 'calculate' | 'compare' | 'style';
  readonly input: string;
  readonly output: string;
  /** Numbers of the references that the step rests on. */
  readonly references: readonly number[];
}

/** The Answer object of the contract, exactly as REST and `ask --json` give it. */
export interface Answer {
  readonly id: string;
  /** As it was typed; `steps` tell what was searched for in its place. */
  readonly question: string;
  readonly answer: string;
  readonly abstained: boolean;
  readonly language: string;
  readonly sentences: readonly CitedSentence[];
  readonly references: readonly AnswerReference[];
  readonly score: number | null;
  readonly model: string;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
  readonly timings_ms: TimingsMs;
  readonly warnings: readonly Warning[];
  /** Empty for a question that was searched for and answered as it stood. */
  readonly steps: readonly AnswerStep[];
}

/** What the pipeline yields while it works; REST, SSE, CLI, the web page and eval all read these. */
export type AnswerEvent =
  | {
      /** The question waits for its turn. */
      readonly type: 'waiting';
      /** 1: the next one. */
      readonly place: number;
      readonly expected_seconds: number;
    }
  | { readonly type: 'step'; readonly step: AnswerStep }
  | {
      readonly type: 'search-end';
      readonly queries: readonly string[];
      readonly results: readonly SearchResult[];
    }
  | {
      readonly type: 'page-end';
      readonly url: string;
      readonly title: string | null;
      readonly failure: PageFailure | null;
    }
  | { readonly type: 'references'; readonly references: readonly AnswerReference[] }
  | { readonly type: 'answer-delta'; readonly text: string }
  | {
      readonly type: 'answer-end';
      readonly answer: Answer;
      /** Other supported answers over the same references, best first; not sent to clients as such. */
      readonly alternatives?: readonly Pick<CitedAnswer, 'answer' | 'sentences'>[] | undefined;
    };
