/** Each stage command through the built program: lines in order, ids kept, a bad line told and passed over. */
import { describe, expect, it } from 'vitest';
import { runFootnote, TEST_CACHE } from './footnote-process.ts';
import { weights } from './weights.ts';

type Line = Readonly<Record<string, unknown>> & { readonly id: unknown };

const page = (body: string): string =>
  `<!doctype html><html lang="en"><head><title>Dams</title></head><body><main><article><h1>Dams</h1>${body}</article></main></body></html>`;
const BAIKAL =
  'Lake Baikal is 1,642 metres deep. No other lake in the world is as deep as that one.';
const TEA = 'Green tea is not fermented. Its leaves are steamed or roasted soon after the harvest.';
const DAM = 'The dam was finished in 1936. It holds back more water than any other in the country.';

/**
 * One good line, one bad one, one more good one, and a last line that is no JSON.
 * @param weightless the stage works without weights, by words alone
 */
const STAGES = [
  {
    name: 'extract',
    good: [
      { id: 'en', url: 'https://example.org/dam', html: page(`<p>${DAM}</p><p>${BAIKAL}</p>`) },
      {
        id: 7,
        url: 'https://example.org/tea.txt',
        html_base64: Buffer.from(`${TEA}\n\n${TEA}`).toString('base64'),
        content_type: 'text/plain',
      },
    ],
    bad: { id: 'bad', url: 'https://example.org/' },
    check: (first: Line, second: Line) => {
      expect(first).toMatchObject({ title: 'Dams', language: 'en' });
      expect(first['text']).toContain('The dam was finished in 1936.');
      expect(second['text']).toContain('Green tea is not fermented.');
    },
  },
  {
    name: 'segment',
    good: [
      { id: 'one', text: `${BAIKAL} ${TEA}` },
      { id: 2, text: '长城是中国古代的防御工程。它全长两万多公里。' },
    ],
    bad: { id: 'bad', text: 4 },
    check: (...lines: Line[]) => {
      const texts = [`${BAIKAL} ${TEA}`, '长城是中国古代的防御工程。它全长两万多公里。'];
      lines.forEach((line, at) => {
        const passages = line['passages'] as { start: number; end: number; text: string }[];
        expect(passages.length).toBeGreaterThan(0);
        for (const { start, end, text } of passages)
          expect(texts[at]?.slice(start, end)).toBe(text);
      });
    },
  },
  {
    name: 'rank',
    good: [
      {
        id: 'depth',
        question: 'How deep is Lake Baikal?',
        passages: [
          { id: 't', text: TEA },
          { id: 'b', text: BAIKAL, title: 'Lake Baikal' },
        ],
      },
      {
        id: 'dam',
        question: 'When was the dam finished?',
        passages: [
          { id: 1, text: DAM },
          { id: 2, text: TEA },
        ],
      },
    ],
    bad: { id: 'bad', question: 'Why?', passages: 'none' },
    check: (first: Line, second: Line) => {
      const order = (line: Line): unknown[] =>
        (line['ranking'] as { id: unknown; score: number }[]).map(({ id }) => id);
      expect(order(first)).toEqual(['b', 't']);
      expect(order(second)).toEqual([1, 2]);
    },
  },
  {
    name: 'support',
    good: [
      { id: 'right', claim: 'Lake Baikal is 1,642 metres deep.', references: [TEA, BAIKAL] },
      { id: 'wrong', claim: 'Lake Baikal is 1,742 metres deep.', references: [TEA, BAIKAL] },
    ],
    bad: { id: 'bad', claim: 'A claim without references.' },
    check: (right: Line, wrong: Line) => {
      expect(right).toMatchObject({ attributable: true, evidence: [{ reference: 1, start: 0 }] });
      expect(wrong).toMatchObject({ attributable: false });
    },
  },
  {
    name: 'score',
    good: [
      {
        id: 'pair',
        question: 'How deep is Lake Baikal?',
        answer_a: 'Lake Baikal is 1,642 metres deep [1].',
        answer_b: 'Bananas.',
        references: [{ title: 'Lake Baikal', text: BAIKAL }],
      },
      { id: 'single', question: 'How deep is Lake Baikal?', answer: 'It is 1,642 metres deep.' },
    ],
    bad: { id: 'bad', question: 'How deep is Lake Baikal?' },
    check: (pair: Line, single: Line) => {
      expect(pair['score_a'] as number).toBeGreaterThan(pair['score_b'] as number);
      expect(single['score']).toEqual(expect.any(Number));
    },
  },
  {
    name: 'guard',
    good: [
      { id: 'inside', url: 'http://127.0.0.1/' },
      { id: 'outside', url: 'https://example.org/' },
    ],
    bad: { id: 'bad', address: 'https://example.org/' },
    check: (inside: Line, outside: Line) => {
      expect(inside).toMatchObject({ allowed: false, reason: expect.stringMatching(/\S/u) });
      expect(outside).toMatchObject({ allowed: true });
    },
  },
] as const;

describe('stage commands', () => {
  for (const { name, good, bad, check } of STAGES) {
    // Without the embedder's weights `rank` would try to download them.
    const missing = name === 'rank' && weights('multilingual-e5-small') === null;
    it.skipIf(missing)(`${name} gives a line for a line`, { timeout: 120_000 }, async () => {
      const [first, second] = good;
      const input = `${[first, bad, second].map((line) => JSON.stringify(line)).join('\n')}\nnot JSON\n`;
      const { code, stdout, stderr } = await runFootnote([name, '--jsonl'], {
        env: { FOOTNOTE_CACHE_DIR: TEST_CACHE },
        input,
      });
      expect(code, stderr).toBe(0);
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
      expect(lines.map(({ id }) => id)).toEqual([first.id, 'bad', second.id, null]);
      expect(lines[1]).toEqual({
        id: 'bad',
        error: { code: 'bad-request', message: expect.stringMatching(/\S/u) },
      });
      expect(lines[3]).toMatchObject({ error: { code: 'bad-json' } });
      check(lines[0] as Line, lines[2] as Line);
    });
  }
});
