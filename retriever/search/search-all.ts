import { abortReason, deadline, orAbort } from '../../src/core/deadline.ts';
import { FootnoteError, toFootnoteError } from '../../src/core/errors.ts';
import type { SearchResult, Warning } from '../../src/core/nouns.ts';
import type { IndexProgress, SearchProvider, SearchQuery } from '../../src/core/seams.ts';
import { CoolDowns } from './cool-downs.ts';
import { fuseResults } from './fuse-results.ts';
import { toldProgress } from './local-index.ts';

export interface SearchAllOptions {
  readonly signal: AbortSignal;
  /** Deadline of one provider, all its queries together. */
  readonly timeoutMs: number;
  /** How many providers, from the first on, are asked at once and merged; default 1. */
  readonly merge?: number | undefined;
  /** How lists are merged; default: reciprocal rank fusion. */
  readonly fuse?: typeof fuseResults | undefined;
  /** Which providers rest; default: a fresh object, so none. */
  readonly coolDowns?: CoolDowns | undefined;
}

export interface SearchOutcome {
  /** Merged, best first, without duplicates; may be empty. */
  readonly results: readonly SearchResult[];
  /** One for each provider that failed, rested or found nothing. */
  readonly warnings: readonly Warning[];
  /** The texts of the queries, as asked. */
  readonly queries: readonly string[];
}

interface Answered {
  readonly lists: readonly (readonly SearchResult[])[];
  /** False when no query of this provider got an answer. */
  readonly answered: boolean;
  readonly warnings: readonly Warning[];
  readonly errors: readonly FootnoteError[];
}

/**
 * Asks the providers in their order: the first `merge` of them at once, their lists merged; then, only
 * while there are no results, each next one alone. All queries go to a provider at once; results of
 * all lists are fused, duplicates dropped, and cut to the largest `limit` of the queries. A failure
 * becomes a warning that names the provider.
 * @throws FootnoteError `not-ready` when all that there is has not been indexed yet, `search-failed` when
 *   no provider answered at all (with all reasons, and the
 *   shortest `Retry-After`), `cancelled`/`timeout` when the caller's signal aborts, `bad-request`
 */
export async function searchAll(
  providers: readonly SearchProvider[],
  queries: readonly SearchQuery[],
  options: SearchAllOptions,
): Promise<SearchOutcome> {
  const { signal } = options;
  const coolDowns = options.coolDowns ?? new CoolDowns();
  const limit = Math.max(0, ...queries.map((query) => query.limit));
  const texts = queries.map((query) => query.text);
  const warnings: Warning[] = [];
  const errors: FootnoteError[] = [];
  let someAnswered = false;
  if (providers.length === 0) {
    throw new FootnoteError(
      'search-failed',
      'no search provider is configured; set FOOTNOTE_SEARCH',
      { stage: 'search' },
    );
  }
  if (queries.length === 0) return { results: [], warnings, queries: texts };
  for (const group of groups(providers, options.merge ?? 1)) {
    if (signal.aborted) throw abortReason(signal);
    const answers = await Promise.all(
      group.map((provider) => askProvider(provider, queries, coolDowns, options)),
    );
    if (signal.aborted) throw abortReason(signal);
    for (const answer of answers) {
      warnings.push(...answer.warnings);
      errors.push(...answer.errors);
      someAnswered ||= answer.answered;
    }
    const fuse = options.fuse ?? fuseResults;
    const results = fuse(answers.flatMap((answer) => answer.lists)).slice(0, limit);
    if (results.length > 0) return { results, warnings, queries: texts };
  }
  if (someAnswered) return { results: [], warnings, queries: texts };
  // Its own content comes in a moment: nothing has failed.
  const [first] = errors;
  if (first?.code === 'not-ready' && errors.every(({ code }) => code === 'not-ready')) throw first;
  const waits = errors.flatMap((error) => error.retryAfterSeconds ?? []);
  throw new FootnoteError(
    'search-failed',
    `no search provider answered: ${[...new Set(warnings.map((entry) => entry.message))].join('; ')}`,
    {
      stage: 'search',
      cause: errors[0],
      extra: { providers: warnings },
      ...(waits.length === 0 ? {} : { retryAfterSeconds: Math.min(...waits) }),
    },
  );
}

/** What an answer from part of the content has to say. */
function incomplete(name: string, indexed: IndexProgress): Warning {
  const message = `${name}: ${toldProgress(indexed)} so far; ask again later for an answer from all of them`;
  return { code: 'index-incomplete', message };
}

/** The first `merge` providers as one group, then each alone. */
function groups(providers: readonly SearchProvider[], merge: number): SearchProvider[][] {
  const first = providers.slice(0, Math.max(1, merge));
  return [first, ...providers.slice(first.length).map((provider) => [provider])];
}

async function askProvider(
  provider: SearchProvider,
  queries: readonly SearchQuery[],
  coolDowns: CoolDowns,
  options: SearchAllOptions,
): Promise<Answered> {
  const { name } = provider;
  const rest = coolDowns.resting(name);
  if (rest !== null) {
    const why = rest.code === 'search-captcha' ? 'its CAPTCHA page' : 'its rate limit';
    const message = `${name} is left alone for another ${rest.seconds} s after ${why}`;
    const error = new FootnoteError('search-rate-limited', message, {
      stage: 'search',
      retryAfterSeconds: rest.seconds,
    });
    return {
      lists: [],
      answered: false,
      warnings: [{ code: rest.code, message }],
      errors: [error],
    };
  }
  const limit = deadline(options.timeoutMs, options.signal, `search by ${name}`);
  try {
    const settled = await Promise.allSettled(
      // `orAbort`: even a provider that ignores its signal holds up nothing.
      queries.map((query) => orAbort(provider.search(query, limit), limit.signal)),
    );
    const answered = collect(name, settled, coolDowns);
    const indexed = provider.indexed?.() ?? null;
    if (indexed === null || !answered.answered) return answered;
    return { ...answered, warnings: [...answered.warnings, incomplete(name, indexed)] };
  } finally {
    limit.clear();
  }
}

function collect(
  name: string,
  settled: readonly PromiseSettledResult<readonly SearchResult[]>[],
  coolDowns: CoolDowns,
): Answered {
  const lists: (readonly SearchResult[])[] = [];
  const warnings = new Map<string, Warning>();
  const errors: FootnoteError[] = [];
  for (const outcome of settled) {
    if (outcome.status === 'fulfilled') {
      lists.push(outcome.value);
      continue;
    }
    const error = toFootnoteError(outcome.reason, 'search-bad-response');
    // A query that no provider can take is the caller's to mend.
    if (error.code === 'bad-request') throw error;
    coolDowns.note(name, error);
    errors.push(error);
    const message = error.message.includes(name) ? error.message : `${name}: ${error.message}`;
    warnings.set(message, { code: error.code, message });
  }
  if (lists.length > 0 && lists.every((list) => list.length === 0)) {
    warnings.set('empty', { code: 'search-empty', message: `${name} found nothing` });
  }
  return { lists, answered: lists.length > 0, warnings: [...warnings.values()], errors };
}
