import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitText, plainText, TerminalText, textWidth, WordWrapper } from './terminal-text.ts';

const terminal = Object.assign(new Writable(), { isTTY: true, columns: 40, hasColors: () => true });

describe('terminal text', () => {
  it('lets no page steer the terminal', () => {
    expect(plainText('a\u001B[2Jb\u009B1mc\u202Ed\ne')).toBe('a[2Jb1mcd\ne');
    const link = new TerminalText(terminal, true).link('https://a.example/\u001B\\\u0007x', 'A');
    expect(link.split('\u001B')).toHaveLength(5);
    expect(new TerminalText(terminal, true).link('javascript:alert(1)', 'A')).toBe('A');
  });

  it('is plain where the stream is no terminal', () => {
    const text = new TerminalText(new Writable(), true);
    expect([text.bold('a'), text.dim('b'), text.link('https://a.example', 'c')]).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(new WordWrapper(text.columns).wrap('x '.repeat(100))).toBe('x '.repeat(100));
  });

  it('measures and fits wide characters', () => {
    expect([textWidth('abc'), textWidth('湖深'), textWidth('e\u0301')]).toEqual([3, 4, 1]);
    expect(fitText('贝加尔湖有多深', 7)).toBe('贝加尔…');
  });

  it('breaks between words, also when they come in pieces', () => {
    const wrapper = new WordWrapper(12);
    // A space already written at the end of a line is not seen.
    const wrapped = wrapper.wrap('The lake is ') + wrapper.wrap('very deep, they say.[1]');
    expect(wrapped.replaceAll(' \n', '\n')).toBe('The lake is\nvery deep,\nthey say.[1]');
    expect(new WordWrapper(10).wrap('湖水很深，所以很冷。')).toBe('湖水很深，\n所以很冷。');
  });

  it('changes nothing but white space, and fills no line beyond its width', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.integer({ min: 8, max: 60 }),
        (text, columns) => {
          const clean = plainText(text);
          const wrapped = new WordWrapper(columns).wrap(clean);
          expect(wrapped.replace(/\s/gu, '')).toBe(clean.replace(/\s/gu, ''));
        },
      ),
    );
  });
});
