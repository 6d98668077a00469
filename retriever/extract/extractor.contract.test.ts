/** What every extractor has to do: one suite for the real one and for the one that other tests use. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FootnoteError } from '../../src/core/errors.ts';
import type { FetchedPage } from '../../src/core/nouns.ts';
import type { Extractor } from '../../src/core/seams.ts';
import { PlainExtractor } from '../search/testing/plain-extractor.ts';
import { ChildExtractor } from './child-extractor.ts';

const SENTENCE =
  'Green tea is made from leaves that were steamed soon after they had been picked. ';
const child = new ChildExtractor({ size: 1, pageTimeoutMs: 30_000 });
beforeAll(() => child.warmUp({ signal: signal() }));
afterAll(() => child.close());

const page = (body: string, contentType: string): FetchedPage => ({
  url: 'https://example.org/tea',
  finalUrl: 'https://example.org/tea',
  status: 200,
  contentType,
  body: new TextEncoder().encode(body),
  fetchedAt: '2026-11-23T12:00:00.000Z',
  rendered: false,
  lastModified: null,
});
const signal = (): AbortSignal => AbortSignal.timeout(50_000);

describe.each<[string, Extractor]>([
  ['ChildExtractor', child],
  ['PlainExtractor', new PlainExtractor()],
])('the extractor seam: %s', (_, extractor) => {
  it('gives the text of an HTML page without its markup, with title and address', async () => {
    const html = `<!doctype html><html lang="en"><head><title>Green tea</title></head><body><article><p>${SENTENCE.repeat(4)}</p><p>${'It came to Japan in the ninth century, with monks. '.repeat(3)}</p></article></body></html>`;
    const document = await extractor.extract(page(html, 'text/html'), { signal: signal() });
    expect(document).toMatchObject({ url: 'https://example.org/tea', title: 'Green tea' });
    expect(document).toMatchObject({ language: 'en', fetchedAt: '2026-11-23T12:00:00.000Z' });
    expect(document.text).toContain(SENTENCE.trim());
    expect(document.text).toContain('ninth century');
    expect(document.text).not.toMatch(/<|>/u);
    for (const { start, end } of document.headings) {
      expect(document.text.slice(start, end).trim()).not.toBe('');
    }
  });

  it('gives plain text as it is', async () => {
    const text = `Tea\n\n${SENTENCE.repeat(4).trim()}`;
    const document = await extractor.extract(page(text, 'text/plain'), { signal: signal() });
    expect(document.text).toContain(SENTENCE.repeat(4).trim());
  });

  it('fails with a code where there is no text', async () => {
    const error: unknown = await extractor
      .extract(page('<html><body></body></html>', 'text/html'), { signal: signal() })
      .then(
        () => null,
        (thrown: unknown) => thrown,
      );
    expect(error).toBeInstanceOf(FootnoteError);
    expect((error as FootnoteError).code).toBe('extract-failed');
  });

  it('does nothing for a caller that has left, and serves on', async () => {
    const gone = AbortSignal.abort(new FootnoteError('cancelled', 'the test leaves'));
    const tea = page(`<html><body><p>${SENTENCE.repeat(5)}</p></body></html>`, 'text/html');
    await expect(extractor.extract(tea, { signal: gone })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect((await extractor.extract(tea, { signal: signal() })).text).toContain('Green tea');
  });
});
