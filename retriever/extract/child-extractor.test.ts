import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FetchedPage } from '../../src/core/nouns.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { ChildExtractor } from './child-extractor.ts';
import { extractLine } from './extract-stage.ts';
import { HOSTILE_PAGES, HOSTILE_PROSE } from './hostile-pages.ts';

const PROSE = HOSTILE_PROSE;

function page(body: string | Uint8Array, contentType = 'text/html'): FetchedPage {
  const url = 'https://example.org/page';
  return {
    url,
    finalUrl: url,
    status: 200,
    contentType,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    fetchedAt: '2026-11-23T12:00:00Z',
    rendered: false,
    lastModified: null,
  };
}

const signal = (): AbortSignal => AbortSignal.timeout(90_000);

describe('ChildExtractor', () => {
  const extractor = new ChildExtractor();
  beforeAll(() => extractor.warmUp({ signal: signal() }));
  afterAll(() => extractor.close());

  it('reads a page in a child', async () => {
    const document = await extractor.extract(page(`<p>${PROSE.repeat(5)}</p>`), {
      signal: signal(),
    });
    expect(document.text).toContain('The old mill stood');
    expect(extractor.pids.length).toBeGreaterThan(0);
  });

  const text = `<p>${PROSE.repeat(6)}</p>`;
  it.each(HOSTILE_PAGES)('bounds $name', { timeout: 120_000 }, async ({ contentType, make }) => {
    const body = make();
    const started = performance.now();
    const result = await extractor
      .extract(page(body, contentType), { signal: signal() })
      .catch((error: unknown) => error);
    // The hard deadline is 4 s; a replaced child needs time to start, more of it on a busy machine.
    expect(performance.now() - started).toBeLessThan(40_000);
    if (result instanceof FootnoteError)
      expect(['timeout', 'worker-crashed', 'extract-failed']).toContain(result.code);
    else {
      const { text: read } = result as { text: string };
      expect(read).toContain(contentType === 'text/html' ? 'The old mill stood' : 'Some words');
    }
    const after = await extractor.extract(page(text), { signal: signal() });
    expect(after.text).toContain('The old mill stood');
  });

  it('kills a child that overruns its deadline and serves on', async () => {
    const hasty = new ChildExtractor({ size: 1, pageTimeoutMs: 1 });
    try {
      await expect(
        hasty.extract(page(text.repeat(2_000)), { signal: signal() }),
      ).rejects.toMatchObject({ code: 'timeout' });
    } finally {
      await hasty.close();
    }
    const cancelled = AbortSignal.abort();
    await expect(extractor.extract(page(text), { signal: cancelled })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('runs the extract stage on text and on raw bytes, and names what a line lacks', async () => {
    const html = `<html><head><meta charset="iso-8859-1"><title>Die Mühle</title></head><body><p>${'Die alte Mühle stand zweihundert Jahre am Fluss, bis eine Flut ihr Rad fortriss. '.repeat(5)}</p></body></html>`;
    const fromText = await extractLine(
      { id: 1, url: 'https://example.org/', html, more: true },
      extractor,
      { signal: signal() },
    );
    const fromBytes = await extractLine(
      {
        id: 'b',
        url: 'https://example.org/',
        html_base64: Buffer.from(html, 'latin1').toString('base64'),
      },
      extractor,
      { signal: signal() },
    );
    expect(fromText).toMatchObject({ id: 1, title: 'Die Mühle', language: 'de' });
    expect(fromBytes.text).toBe(fromText.text);
    await expect(
      extractLine({ id: 1, url: 'https://example.org/' }, extractor, { signal: signal() }),
    ).rejects.toMatchObject({ code: 'bad-request' });
  });
});
