import { describe, expect, it } from 'vitest';
import type { SearchResult } from '../../src/core/nouns.ts';
import { fuseResults } from './fuse-results.ts';

const result = (
  provider: string,
  rank: number,
  url: string,
  more: Partial<SearchResult> = {},
): SearchResult => ({
  url,
  title: url,
  snippet: '',
  publishedAt: null,
  provider,
  rank,
  ...more,
});

describe('fuseResults', () => {
  it('puts what several lists have above what only one has', () => {
    const merged = fuseResults([
      [result('a', 1, 'https://one.org/'), result('a', 2, 'https://both.org/')],
      [result('b', 1, 'https://two.org/'), result('b', 2, 'https://www.both.org/?utm_source=b')],
    ]);
    // 2/62 > 1/61
    expect(merged.map((entry) => entry.url)).toEqual([
      'https://both.org/',
      'https://one.org/',
      'https://two.org/',
    ]);
    expect(merged.map((entry) => entry.rank)).toEqual([1, 2, 3]);
    expect(merged[0]?.provider).toBe('a');
  });

  it('fills a missing snippet and date from the other list', () => {
    const [merged] = fuseResults([
      [result('a', 1, 'https://one.org/')],
      [result('b', 1, 'https://one.org/#x', { snippet: 'words', publishedAt: '2026-01-01' })],
    ]);
    expect(merged).toMatchObject({ provider: 'a', snippet: 'words', publishedAt: '2026-01-01' });
  });

  it('counts a page once that one list names twice', () => {
    const merged = fuseResults([
      [
        result('a', 1, 'https://one.org/'),
        result('a', 2, 'https://two.org/'),
        result('a', 3, 'https://two.org/#b'),
      ],
    ]);
    expect(merged.map((entry) => entry.url)).toEqual(['https://one.org/', 'https://two.org/']);
  });

  it('drops copies of one text under several URLs, but not short snippets that are equal', () => {
    const snippet =
      'The tower was finished in 1889 for the world fair and is 330 metres tall today.';
    const copies = [
      result('a', 1, 'https://one.org/', { title: 'The tower', snippet }),
      result('a', 2, 'https://copy.org/', { title: 'The Tower!', snippet: snippet.toUpperCase() }),
      result('a', 3, 'https://three.org/', { title: 'Short', snippet: 'Read more' }),
      result('a', 4, 'https://four.org/', { title: 'Short', snippet: 'Read more' }),
    ];
    expect(fuseResults([copies]).map((entry) => entry.url)).toEqual([
      'https://one.org/',
      'https://three.org/',
      'https://four.org/',
    ]);
  });
});
