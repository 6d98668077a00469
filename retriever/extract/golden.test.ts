import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/core/package-root.ts';
import { extractDocument } from './extract-document.ts';

/** Each folder holds `page.html` and the text expected of it; pages are written for the project. */
const FOLDER = join(packageRoot, 'retriever/extract/golden');

describe('golden pages', () => {
  it.each(readdirSync(FOLDER))('%s', async (name) => {
    const url = `https://${name}.example/2024/page`;
    const document = await extractDocument({
      url,
      finalUrl: url,
      status: 200,
      contentType: 'text/html',
      body: readFileSync(join(FOLDER, name, 'page.html')),
      fetchedAt: '2026-11-23T12:00:00Z',
      rendered: false,
      lastModified: null,
    });
    expect(document.text).toBe(readFileSync(join(FOLDER, name, 'expected.txt'), 'utf8').trimEnd());
    expect(document).toMatchObject({
      title: 'River mill reopens after ninety years',
      byline: 'Ada Miller',
      publishedAt: '2024-06-02T08:00:00+02:00',
      site: 'Valley Courier',
    });
  });
});
