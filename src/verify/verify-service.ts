/**
 * Checks any text, whoever wrote it: each sentence gets a verdict and the quotes it rests on. Contract:
 * `POST /v1/verify`, `footnote verify`, the MCP tool `verify`.
 */
import { randomUUID } from 'node:crypto';
import { QuestionQueue } from '../answer/question-queue.ts';
import { FootnoteError } from '../core/errors.ts';
import type { Warning } from '../core/nouns.ts';
import type { CallOptions, SupportVerdict } from '../core/seams.ts';
import { gatherReferences } from './gather-references.ts';
import type {
  Verification,
  VerifiedSentence,
  VerifyEvent,
  VerifyReference,
  VerifyRequest,
} from './verification.ts';
import type { ClaimToVerify, TextClaim, VerifyParts } from './verify-parts.ts';

/** What one request may bring; the limits are in src/http/README.md. */
export const VERIFY_LIMITS = {
  textCharacters: 200_000,
  references: 50,
  referenceCharacters: 2_000_000,
  urls: 20,
  sentences: 4_000,
} as const;

/** Claims in one call of the scorer's process: others get their turn between two. */
const BATCH = 4;
/** Sentences before a claim that its judge sees. */
const BEFORE = 3;
const RUNNING = 2;
const WAITING = 16;
/** A text may take minutes: who would wait longer than this is told to come back. */
const MOST_WAIT_S = 120;

export class VerifyService {
  readonly #parts: VerifyParts;
  readonly #queue = new QuestionQueue({
    maxConcurrent: RUNNING,
    maxQueued: WAITING,
    maxWaitSeconds: MOST_WAIT_S,
  });

  constructor(parts: VerifyParts) {
    this.#parts = parts;
  }

  /**
   * Yields `waiting`, `page-end`, `references`, a `sentence-end` for each sentence in order, and `verify-end`.
   * @throws FootnoteError `bad-request`, `overloaded`, `fetch-failed`, `search-failed`, `cancelled`, …
   */
  async *verify(
    request: VerifyRequest,
    { signal, client = '' }: CallOptions & { readonly client?: string },
  ): AsyncGenerator<VerifyEvent> {
    checkRequest(request);
    const seat = this.#queue.seat(client, { signal });
    try {
      yield* seat.run(() => this.#work(request, signal));
    } finally {
      seat.leave();
    }
  }

  async *#work(request: VerifyRequest, signal: AbortSignal): AsyncGenerator<VerifyEvent> {
    const { claims, sources } = await this.#parts.textClaims(request.text, { signal });
    if (claims.length > VERIFY_LIMITS.sentences) {
      throw new FootnoteError(
        'bad-request',
        `the text has ${claims.length} sentences; at most ${VERIFY_LIMITS.sentences} are checked at once`,
      );
    }
    const gathered = yield* gatherReferences(request, claims, this.#parts, { signal });
    const { references } = gathered;
    yield { type: 'references', references };
    const warnings: Warning[] = [...gathered.warnings];
    const named = claims.map((one) =>
      request.search === true && Object.keys(sources).length === 0
        ? { numbers: [], unknown: [] }
        : namedReferences(one, references, sources),
    );
    for (const [index, { unknown }] of named.entries()) {
      const one = claims[index] as TextClaim;
      for (const label of unknown) {
        warnings.push({
          code: 'reference-not-given',
          message: `[${label}] in “${excerpt(request.text, one)}” names no reference that was given`,
        });
      }
    }
    const sentences: VerifiedSentence[] = [];
    const key = randomUUID();
    for (let from = 0; from < claims.length; from += BATCH) {
      const batch = claims.slice(from, from + BATCH);
      const asked = batch.flatMap((one, offset) => {
        const { numbers, unknown } = named[from + offset] as NamedReferences;
        if (one.claim === '' || (numbers.length === 0 && unknown.length > 0)) return [];
        return [{ offset, claim: toVerify(request, claims, from + offset, numbers) }];
      });
      const verdicts =
        asked.length === 0
          ? []
          : await this.#parts.verifyClaims(
              {
                key,
                claims: asked.map(({ claim }) => claim),
                references: references.map(({ title, text }) => ({ title, text })),
              },
              { signal },
            );
      for (const [offset, one] of batch.entries()) {
        const at = asked.findIndex((other) => other.offset === offset);
        const { numbers } = named[from + offset] as NamedReferences;
        const verdict = at === -1 ? unasked(one) : (verdicts[at] as SupportVerdict);
        const sentence = this.#sentence(request.text, one, verdict, numbers, references);
        sentences.push(sentence);
        yield {
          type: 'sentence-end',
          index: sentences.length - 1,
          total: claims.length,
          sentence,
        };
      }
    }
    const verification: Verification = {
      id: `vrf_${key}`,
      sentences,
      references,
      summary: summaryOf(sentences),
      warnings,
    };
    yield { type: 'verify-end', verification };
  }

  #sentence(
    text: string,
    { start, end }: TextClaim,
    { verdict, support, evidence }: SupportVerdict,
    named: readonly number[],
    references: readonly VerifyReference[],
  ): VerifiedSentence {
    const citations = evidence.flatMap((span) => {
      const reference = references[span.reference];
      if (reference === undefined) return [];
      const quote = reference.text.slice(span.start, span.end);
      return [
        {
          reference: reference.number,
          quote,
          start: span.start,
          end: span.end,
          url: reference.url === null ? null : this.#parts.linkTo(reference.url, quote),
          support,
        },
      ];
    });
    return { text: text.slice(start, end), start, end, verdict, support, citations, named };
  }
}

interface NamedReferences {
  readonly numbers: readonly number[];
  /** Labels that name nothing that was given. */
  readonly unknown: readonly string[];
}

/** A label means the source of that label in the text's own list, else the place in the list given. */
function namedReferences(
  { labels, claim }: TextClaim,
  references: readonly VerifyReference[],
  sources: Readonly<Record<string, string>>,
): NamedReferences {
  const numbers: number[] = [];
  const unknown: string[] = [];
  if (claim === '') return { numbers, unknown };
  for (const label of labels) {
    const url = Object.hasOwn(sources, label) ? sources[label] : undefined;
    const found =
      url === undefined
        ? references.find(({ number }) => String(number) === label)
        : (references.find((one) => one.url !== null && sameUrl(one.url, url)) ?? undefined);
    if (found === undefined) unknown.push(label);
    else numbers.push(found.number);
  }
  return { numbers: [...new Set(numbers)], unknown };
}

/** The same page, whatever the fragment and the last slash. */
function sameUrl(a: string, b: string): boolean {
  const bare = (url: string): string =>
    url
      .replace(/#.*$/u, '')
      .replace(/^https?:\/\/(?:www\.)?/iu, '')
      .replace(/\/$/u, '');
  return bare(a) === bare(b);
}

function toVerify(
  { question }: VerifyRequest,
  claims: readonly TextClaim[],
  index: number,
  named: readonly number[],
): ClaimToVerify {
  const { claim, cells } = claims[index] as TextClaim;
  const before = claims
    .slice(Math.max(0, index - BEFORE), index)
    .map((one) => one.claim)
    .filter((text) => text !== '');
  return {
    claim,
    cells,
    question,
    before,
    ...(named.length === 0 ? {} : { only: named.map((number) => number - 1) }),
  };
}

/** Nothing is claimed, or what is named was not given and so cannot hold it. */
const unasked = ({ claim }: TextClaim): SupportVerdict => ({
  verdict: claim === '' ? 'no-claim' : 'unsupported',
  support: 0,
  attributable: false,
  evidence: [],
});

function summaryOf(sentences: readonly VerifiedSentence[]): Verification['summary'] {
  const count = (verdict: VerifiedSentence['verdict']): number =>
    sentences.filter((one) => one.verdict === verdict).length;
  return {
    supported: count('supported'),
    partly: count('partly'),
    unsupported: count('unsupported'),
    contradicted: count('contradicted'),
    no_claim: count('no-claim'),
  };
}

const excerpt = (text: string, { start, end }: TextClaim): string =>
  end - start > 80 ? `${text.slice(start, start + 79)}…` : text.slice(start, end);

/** @throws FootnoteError `bad-request` */
function checkRequest({ text, references, urls, search }: VerifyRequest): void {
  const fail = (message: string): never => {
    throw new FootnoteError('bad-request', message);
  };
  const { textCharacters, referenceCharacters } = VERIFY_LIMITS;
  if (text.trim() === '') fail('text must not be empty');
  if (text.length > textCharacters) {
    fail(`text has ${text.length} characters; at most ${textCharacters} are checked at once`);
  }
  const ways = [references !== undefined, urls !== undefined, search === true];
  if (ways.filter(Boolean).length !== 1) {
    fail('give exactly one of references, urls and search: true, to check the text against');
  }
  if (references?.length === 0 || urls?.length === 0) {
    fail('references and urls must not be empty: there is nothing to check the text against');
  }
  if ((references?.length ?? 0) > VERIFY_LIMITS.references) {
    fail(`at most ${VERIFY_LIMITS.references} references are read`);
  }
  if ((urls?.length ?? 0) > VERIFY_LIMITS.urls) {
    fail(`at most ${VERIFY_LIMITS.urls} urls are read`);
  }
  const total = (references ?? []).reduce((sum, one) => sum + one.text.length, 0);
  if (total > referenceCharacters) {
    fail(`the references have ${total} characters; at most ${referenceCharacters} are read`);
  }
}
