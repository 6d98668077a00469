import { describe, expect, it } from 'vitest';
import { DraftUnits, type DraftUnit } from './draft-units.ts';

/** The units of a text that comes in pieces of `size` characters. */
function unitsOf(text: string, size: number, cut = false): DraftUnit[] {
  const units = new DraftUnits();
  const found: DraftUnit[] = [];
  for (let at = 0; at < text.length; at += size)
    found.push(...units.add(text.slice(at, at + size)));
  return [...found, ...units.end(cut)];
}
const texts = (units: readonly DraftUnit[]): string[] => units.map(({ text }) => text);

describe('units of a draft', () => {
  const text =
    'The dam was built by J. K. Smith in 1932. It cost 3.5 million.\n\n- First, stop the server.\n2. Run it:\n```\ngit reset\n\n  --soft HEAD~1\n```\nThen look.';

  it('are sentences, items and code blocks, however the text arrives', () => {
    const whole = unitsOf(text, text.length);
    expect(whole.map(({ form, text: own }) => [form, own])).toEqual([
      ['sentence', 'The dam was built by J. K. Smith in 1932.'],
      ['sentence', 'It cost 3.5 million.'],
      ['item', 'First, stop the server.'],
      ['item', 'Run it:'],
      ['code', 'git reset\n\n  --soft HEAD~1'],
      ['sentence', 'Then look.'],
    ]);
    for (const size of [1, 3, 7]) expect(texts(unitsOf(text, size))).toEqual(texts(whole));
  });

  it('are given as soon as the text goes on after them', () => {
    const units = new DraftUnits();
    expect(texts(units.add('It rose. '))).toEqual([]);
    expect(texts(units.add('It fell'))).toEqual(['It rose.']);
    expect(texts(units.add('.'))).toEqual([]);
    expect(texts(units.end(false))).toEqual(['It fell.']);
  });

  it('a draft that was cut off loses its last sentence, and a code block that is open', () => {
    expect(texts(unitsOf('It rose. It fell because of', 5, true))).toEqual(['It rose.']);
    expect(texts(unitsOf('Run this.\n```\ngit res', 5, true))).toEqual(['Run this.']);
  });

  it('dots in the middle of a statement end nothing', () => {
    const text = 'In SQLite ALTER TABLE ... DROP COLUMN fails. It is indexed.';
    for (const size of [2, 100]) {
      expect(texts(unitsOf(text, size))).toEqual([
        'In SQLite ALTER TABLE ... DROP COLUMN fails.',
        'It is indexed.',
      ]);
    }
  });

  it('code in a list loses its indentation', () => {
    expect(texts(unitsOf('```\n   git add .\n     x\n```', 9))).toEqual(['git add .\n  x']);
  });

  it('headings are none, and Chinese has no spaces', () => {
    expect(texts(unitsOf('## Steps\n**Why:**\n他生于1932年。他是作家。', 2))).toEqual([
      '他生于1932年。',
      '他是作家。',
    ]);
  });
});
