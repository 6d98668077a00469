import { describe, expect, it } from 'vitest';
import { finishResults, withSiteOperators } from './finish-results.ts';
import { freshnessWindow } from './freshness.ts';
import { keywords } from './keywords.ts';
import { publishedDate } from './published-date.ts';
import { retryAfterSeconds } from './retry-after.ts';

const now = new Date('2026-03-01T12:00:00Z');

describe('keywords', () => {
  it.each([
    ['Who wrote the novel Dune?', 'wrote novel Dune'],
    ['What is the capital of France?', 'capital France'],
    ["What's Newton's second law?", 'Newton second law'],
    ['When did IT companies leave the US?', 'IT companies leave US'],
    ['Who are The Who?', 'Who are The Who?'],
    ['where is "The Who" from', '"The Who"'],
    ['How does C++ differ from C#?', 'C++ differ C#'],
    ['谁写了《红楼梦》？', '写 红楼梦'],
    ['法国的首都是哪里？', '法国 首都'],
    ['光速是多少', '光速'],
    ['什麼是光合作用？', '光合作用'],
    ['富士山の高さは？', '富士山の高さは'],
    ['what is it', 'what is it'],
  ])('%s → %s', (question, expected) => {
    expect(keywords(question)).toBe(expected);
  });
});

describe('publishedDate', () => {
  it.each([
    ['2026-02-27', '2026-02-27'],
    ['2026-02-27T10:00:00', '2026-02-27'],
    ['2026-02-27T10:00:00Z', '2026-02-27T10:00:00.000Z'],
    ['2026-02-27T23:00:00-05:00', '2026-02-28T04:00:00.000Z'],
    ['Feb 27, 2026', '2026-02-27'],
    ['27 February 2026', '2026-02-27'],
    ['Fri, 27 Feb 2026 10:00:00 GMT', '2026-02-27'],
    ['2026年2月27日', '2026-02-27'],
    ['3 days ago', '2026-02-26'],
    ['an hour ago', '2026-03-01'],
    ['2026-02-31', null],
    ['someday', null],
    ['', null],
    [null, null],
  ])('%s → %s', (text, expected) => {
    expect(publishedDate(text, now)).toBe(expected);
  });
});

describe('freshnessWindow', () => {
  it.each([
    ['day', 'day'],
    ['2026-03-01', 'day'],
    ['2026-02-25', 'week'],
    ['2026-02-01', 'month'],
    ['2025-04-01', 'year'],
    ['2020-01-01', null],
  ])('%s is searched by the span %s', (freshness, range) => {
    expect(freshnessWindow(freshness, now)?.range).toBe(range);
  });

  it('names what is no freshness', () => {
    expect(() => freshnessWindow('3', now)).toThrow(/day, week, month, year or a date/u);
    expect(() => freshnessWindow('2026-13-01', now)).toThrow(/freshness/u);
    expect(freshnessWindow(undefined, now)).toBeNull();
  });
});

describe('retryAfterSeconds', () => {
  it.each([
    [{ 'retry-after': '30' }, 30],
    [{ 'retry-after': 'Sun, 01 Mar 2026 12:01:30 GMT' }, 90],
    [{ 'retry-after': 'Sun, 01 Mar 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '999999999' }, 86_400],
    [{ 'retry-after': 'soon' }, null],
    [{ 'x-ratelimit-reset': '1, 3600', 'x-ratelimit-remaining': '0, 12' }, 1],
    [{}, null],
  ])('%j → %s', (headers, expected) => {
    expect(retryAfterSeconds(headers, now.getTime())).toBe(expected);
  });
});

describe('finishResults', () => {
  const query = { text: 'q', language: 'en', limit: 10, sites: [] };
  it('keeps text that only looks like markup, drops marks, decodes entities', () => {
    const raw = [
      {
        url: 'https://a.org',
        title: 'vector<int> &amp; <b>map</b>',
        snippet: '&#8220;a &#x4e2d;&#8221;',
      },
    ];
    expect(finishResults('x', query, raw, now)[0]).toMatchObject({
      title: 'vector<int> & map',
      snippet: '“a 中”',
    });
  });

  it('drops what is no web URL', () => {
    const raw = ['javascript:alert(1)', 'file:///etc/passwd', 'not a url', ''].map((url) => ({
      url,
    }));
    expect(finishResults('x', query, raw, now)).toEqual([]);
  });

  it('lets no site name carry operators', () => {
    const sites = ['a.org', 'b.org OR site:evil.org', 'https://www.c.org/path'];
    expect(withSiteOperators({ ...query, sites })).toBe('q (site:a.org OR site:c.org)');
  });
});
