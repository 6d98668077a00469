import type { SearchResult } from '../../src/core/nouns.ts';
import { canonicalUrl } from './canonical-url.ts';

/** Constant of reciprocal rank fusion, from the paper. */
const K = 60;

/**
 * Merges result lists by reciprocal rank fusion: each result scores the sum of `1 / (60 + rank)` over
 * the lists it stands in (Cormack, Clarke and Büttcher, SIGIR 2009). Results are the same when their
 * canonical URLs are; ties go to the earlier list. The merged result keeps the first list's provider
 * and text, takes a snippet or date from another list where its own is missing, and has its rank in
 * the merged list. Copies of one text under several URLs (equal title and long equal snippet) are
 * dropped but for the best.
 */
export function fuseResults(lists: readonly (readonly SearchResult[])[]): readonly SearchResult[] {
  const merged = new Map<string, { result: SearchResult; score: number }>();
  for (const list of lists) {
    const seen = new Set<string>();
    for (const [index, result] of list.entries()) {
      const key = canonicalUrl(result.url);
      if (seen.has(key)) continue;
      seen.add(key);
      const score = 1 / (K + index + 1);
      const known = merged.get(key);
      if (known === undefined) {
        merged.set(key, { result, score });
        continue;
      }
      known.score += score;
      known.result = {
        ...known.result,
        snippet: known.result.snippet === '' ? result.snippet : known.result.snippet,
        publishedAt: known.result.publishedAt ?? result.publishedAt,
      };
    }
  }
  const contents = new Set<string>();
  return [...merged.values()]
    .sort((a, b) => b.score - a.score)
    .map((entry) => entry.result)
    .filter((result) => {
      const content = contentKey(result);
      if (content === null) return true;
      if (contents.has(content)) return false;
      contents.add(content);
      return true;
    })
    .map((result, index) => ({ ...result, rank: index + 1 }));
}

/** Title and snippet as one comparable text; null when the snippet is too short to tell pages apart. */
function contentKey(result: SearchResult): string | null {
  const snippet = result.snippet.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
  if (snippet.length < 60) return null;
  return `${result.title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')} ${snippet}`;
}
