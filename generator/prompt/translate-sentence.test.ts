import { describe, expect, it } from 'vitest';
import { draftOf } from '../../src/core/draft-of.ts';
import type { Generator } from '../../src/core/seams.ts';
import { keepsFacts, translateSentence } from './translate-sentence.ts';

const source = 'The mill at Talby was built in 1764 and cost 1,200 pounds.';
const saying = (text: string): Generator => ({
  model: 'stub',
  generate: () => Promise.resolve([draftOf(text)]),
});
const { signal } = new AbortController();

describe('a translated sentence', () => {
  it('keeps numbers and names', () => {
    const right = 'Die Mühle in Talby wurde 1764 gebaut und kostete 1.200 Pfund.';
    expect(keepsFacts(source, right, 'de')).toBe(true);
    expect(keepsFacts(source, right.replace('1764', '1746'), 'de')).toBe(false);
    expect(keepsFacts(source, right.replace('Talby', 'Talbot'), 'de')).toBe(false);
    expect(keepsFacts(source, source, 'de')).toBe(false);
  });

  it('is in the script of its language', () => {
    expect(keepsFacts(source, '塔尔比的磨坊建于1764年，花费1200英镑。', 'zh')).toBe(true);
    expect(keepsFacts(source, 'The mill of 1764 cost 1200.', 'zh')).toBe(false);
  });

  it('is given only where it can be trusted', async () => {
    const right = 'Die Mühle in Talby wurde 1764 gebaut und kostete 1.200 Pfund.';
    expect(await translateSentence(source, 'de', saying(`"${right}"`), { signal })).toBe(right);
    expect(await translateSentence(source, 'de', saying('Ja.'), { signal })).toBeNull();
    expect(await translateSentence(source, 'xx', saying(right), { signal })).toBeNull();
  });
});
