import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { terms } from '../../src/core/tokens.ts';
import { snippetWindow } from './snippet-window.ts';

const sought = (text: string): Set<string> => new Set(terms(text, { stem: true }));
const filler = 'Nothing of interest stands in these words at all. '.repeat(40);

describe('snippetWindow', () => {
  it('shows where the most different words of the query stand together', () => {
    const text = `A tower stood there. ${filler}The tower was\n\nfinished in 1889 by Eiffel. ${filler}`;
    const snippet = snippetWindow(text, sought('When did Eiffel finish the tower?'));
    expect(snippet).toContain('The tower was finished in 1889 by Eiffel.');
    expect(snippet).toMatch(/^….*…$/u);
    expect(snippet.length).toBeLessThan(380);
  });

  it('counts pairs of characters in Chinese', () => {
    const text = `${'这里没有什么重要的内容。'.repeat(40)}埃菲尔铁塔高330米。${'别的话。'.repeat(60)}`;
    const snippet = snippetWindow(text, sought('铁塔 高度'));
    expect(snippet).toContain('埃菲尔铁塔高330米');
    expect(snippet.length).toBeLessThan(200);
  });

  it('is the whole text when that is short, and its start when nothing matches', () => {
    expect(snippetWindow('Short\n text.', sought('other'))).toBe('Short text.');
    expect(snippetWindow(filler, sought('zebra'))).toMatch(/^Nothing of interest/u);
    expect(snippetWindow('', sought('zebra'))).toBe('');
  });

  it('is always part of the text and bounded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 2_000 }), fc.string(), (text, query) => {
        const snippet = snippetWindow(text, sought(query)).replaceAll('…', '');
        expect(text.replaceAll('…', '').replace(/\s+/gu, ' ')).toContain(snippet);
        expect(snippet.length).toBeLessThanOrEqual(400);
      }),
    );
  });
});
