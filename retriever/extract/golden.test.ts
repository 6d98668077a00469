import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/core/package-root.ts';
import { extractDocument } from './extract-document.ts';

/**
 * Each folder holds `page.html`, the text expected of it and, as JSON, what else of the document;
 * the pages are written for the project.
 */
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
    const expected = (file: string): string => readFileSync(join(FOLDER, name, file), 'utf8');
    expect(document.text).toBe(expected('expected.txt').trimEnd());
    expect(document).toMatchObject(JSON.parse(expected('expected.json')) as object);
  });
});
