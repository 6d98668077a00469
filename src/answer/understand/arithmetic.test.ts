import { describe, expect, it } from 'vitest';
import { arithmeticIn, calculate } from './arithmetic.ts';

const solve = async (message: string): Promise<string | null> => {
  const expression = await arithmeticIn(message);
  if (expression === null) return null;
  const made = await calculate(expression);
  return 'problem' in made ? made.problem : made.result;
};

describe('arithmetic', () => {
  it.each([
    ['16 mod 12', '4'],
    ['What is 15% of 240?', '36'],
    ['what is 0.1 + 0.2', '0.3'],
    ['12 * (3 + 4) =', '84'],
    ['How much is 1,250 times 8?', '10000'],
    ['2^10', '1024'],
    ['2 to the power of 100', '1267650600228229401496703205376'],
    ['What is the square root of 144?', '12'],
    ['seven times eight', '56'],
    ['what is 10 divided by 4', '2.5'],
    ['10 / 3', '3.333333333'],
    ['What is 5!', '120'],
    ['计算 37 乘以 3', '111'],
    ['240的15%是多少？', '36'],
    ['100除以8等于多少', '12.5'],
    ['17除以5的余数是多少', '2'],
    ['7 plus 8 minus 3?', '12'],
    ['1 / 0', 'division-by-zero'],
    ['9^9^9', 'too-large'],
    ['999999!', 'too-large'],
  ])('%s is %s', async (message, result) => {
    expect(await solve(message)).toBe(result);
  });

  it.each([
    'What happened on 9/11?',
    'Who wrote 1984?',
    '2020-05-01',
    '1914-1918',
    'iPhone 15',
    'What is 5G?',
    'How many people live in Paris plus Lyon?',
    'import("fs")',
    'cos(1)',
    'f(x) = 2',
    'What is the 16th amendment?',
    '第二次世界大战是哪一年',
  ])('leaves %s to the search', async (message) => {
    expect(await solve(message)).toBeNull();
  });
});
