import type { SearchQuery } from '../../../src/core/seams.ts';

/** Names a query to a provider: the same for the same query, whatever the order of its fields. */
export function searchKey(provider: string, query: SearchQuery): string {
  const { text, language, limit, freshness, sites } = query;
  const fields = new URLSearchParams({ q: text, language, limit: String(limit) });
  if (freshness !== undefined) fields.set('freshness', freshness);
  if (sites.length > 0) fields.set('sites', sites.join(','));
  return `urn:footnote:search:${encodeURIComponent(provider)}?${fields.toString()}`;
}
