import { expect, it } from 'vitest';
import { BLOCK_FEATURES } from './block-features.ts';
import { MODEL_FEATURES } from './block-model.ts';
import { analysePage, parseScanned } from './page-analysis.ts';
import { scanHtml } from './scan-html.ts';

it('names as many features as a row has, each where it stands', () => {
  const html =
    '<html><body><nav><ul><li>Home</li></ul></nav><article><p>A paragraph of some words, with an end.</p></article></body></html>';
  const scan = scanHtml(html);
  const { blocks, rows } = analysePage(parseScanned(scan), 'Title', scan, 'https://a.example/', []);
  expect(rows.map(({ length }) => length)).toEqual(blocks.map(() => MODEL_FEATURES.length));
  const value = (block: number, feature: string): number | undefined =>
    rows[block]?.[MODEL_FEATURES.indexOf(feature)];
  const paragraph = blocks.findIndex(({ kind }) => kind === 'paragraph');
  const item = blocks.findIndex(({ kind }) => kind === 'item');
  expect(value(paragraph, 'tag:P')).toBe(1);
  expect(value(paragraph, 'under:ARTICLE')).toBe(1);
  expect(value(paragraph, 'sentenceEnd')).toBe(1);
  expect(value(item, 'under:NAV')).toBe(1);
  expect(value(item, 'sentenceEnd')).toBe(0);
  expect(value(item, 'listDepth')).toBe(1);
  expect(BLOCK_FEATURES).toHaveLength(MODEL_FEATURES.length - 25);
});
