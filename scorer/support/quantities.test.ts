import { describe, expect, it } from 'vitest';
import { checkQuantities, hanValue, readQuantities } from './quantities.ts';

const keys = (text: string): string[] => readQuantities(text).map(({ key }) => key);

describe('readQuantities', () => {
  it.each([
    ['two', '2'],
    ['二', '2'],
    ['２', '2'],
    ['1,000', '1000'],
    ['一千', '1000'],
    ['3.5 million', '350万'],
    ['twenty-one', '21'],
    ['三百二十一', '321'],
    ['1.2 billion', '12亿'],
    ['March 5, 2010', '5 March 2010'],
    ['March 5, 2010', '2010年3月5日'],
    ['二〇一〇年三月五日', '2010年3月5日'],
    ['the 1990s', '20世纪90年代'],
    ['the 20th century', '20世纪'],
  ])('%s is %s', (a, b) => {
    expect([...keys(a)].sort()).toEqual([...keys(b)].sort());
  });

  it('tells months from verbs', () => {
    expect(keys('They may march on May 4.')).toEqual(['month:5', 'n:4']);
  });

  it('reads units and percent in both languages', () => {
    expect(readQuantities('30% 百分之三十 $12 12美元 5 km 5公里').map(({ unit }) => unit)).toEqual([
      '%',
      '%',
      'usd',
      'usd',
      'km',
      'km',
    ]);
  });

  it('does not demand words that are numbers only sometimes', () => {
    expect(readQuantities('one of the first').every(({ strict }) => !strict)).toBe(true);
  });
});

describe('hanValue', () => {
  it.each([
    ['十二', 12],
    ['一万二千', 12000],
    ['两千零五', 2005],
    ['二〇一〇', 2010],
    ['三亿五千万', 350_000_000],
  ])('%s = %d', (text, value) => {
    expect(hanValue(text)).toBe(value);
  });
});

describe('checkQuantities', () => {
  const missing = (claim: string, evidence: string): string[] =>
    checkQuantities(readQuantities(claim), readQuantities(evidence)).missing.map(({ key }) => key);

  it('finds a number under another form, and misses a wrong one', () => {
    expect(missing('It cost 1,000 dollars.', 'The price was one thousand dollars.')).toEqual([]);
    expect(missing('It cost 1,001 dollars.', 'The price was one thousand dollars.')).toEqual([
      'n:1001',
    ]);
  });

  it('takes no day for a month that there is not', () => {
    expect(missing('2016年14月21日被捕。', '2016年7月21日被捕，8月14日获释。')).toEqual([
      'month:14',
    ]);
    expect(missing('2016年7月21日被捕。', 'He was arrested on 21 July 2016.')).toEqual([]);
  });

  it('takes another unit for another quantity', () => {
    expect(missing('It is 5 km long.', 'It is 5 miles long.')).toEqual(['n:5']);
    expect(missing('It is 5 km long.', '全长5公里。')).toEqual([]);
  });
});
