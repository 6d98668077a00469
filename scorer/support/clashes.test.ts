import { describe, expect, it } from 'vitest';
import { clashesOf } from './clashes.ts';
import { profileOf } from './text-profile.ts';

const clashes = (claim: string, sentence: string) =>
  clashesOf(profileOf(claim), [{ share: 1, profile: profileOf(sentence) }]);

describe('clashesOf', () => {
  it.each([
    ['opposite', 'The bridge was demolished in 2003.', 'The bridge was completed in 2003.'],
    ['opposite', '大桥于2003年拆除。', '大桥于2003年建成。'],
    ['swap', 'The mill was sold by Anselm to Lund.', 'Lund sold the mill to Anselm.'],
    ['swap', 'Lund was defeated by Anselm.', 'Lund defeated Anselm.'],
    ['swap', 'Lund defeated Anselm.', 'Lund was defeated by Anselm.'],
    [
      'certainty',
      'The company will open a plant in Oslo.',
      'The company may open a plant in Oslo.',
    ],
    [
      'certainty',
      'The company opened a plant in Oslo.',
      'The company plans to open a plant in Oslo.',
    ],
    ['scope', 'All members pay 12 euros.', 'Most members pay 12 euros.'],
    ['bound', 'Members pay 12 euros.', 'Members pay at least 12 euros.'],
    ['only', 'Only members may enter.', 'Members may enter.'],
    ['opposite', '公司营收上升了12%。', '公司营收下降了12%。'],
    ['opposite', '他在1990年之前离开了北京。', '他在1990年之后离开了北京。'],
    ['negation', '狗可以上船。', '狗不可以上船。'],
    ['swap', '张三打败了李四。', '李四打败了张三。'],
    ['negation', 'The bill was passed.', 'The bill was not passed.'],
    ['opposite', 'The second edition has 300 pages.', 'The first edition has 300 pages.'],
    ['opposite', 'It never rains there.', 'It always rains there.'],
    ['negation', 'The device is not waterproof.', 'The device is waterproof.'],
  ])('%s: %s', (kind, claim, sentence) => {
    expect(clashes(claim, sentence).map((one) => one.kind)).toContain(kind);
  });

  it.each([
    ['Lund bought the mill from Anselm.', 'Anselm sold the mill to Lund.'],
    ['The mill was sold to Anselm by Lund.', 'Lund sold the mill to Anselm.'],
    ['Anselm was defeated by Lund.', 'Lund defeated Anselm.'],
    ['Anselm defeated Lund.', 'Lund was defeated by Anselm.'],
    ['Members may enter.', 'Only members may enter.'],
    ['李四被张三打败。', '张三打败了李四。'],
    ['The price increased after 2010.', 'Prices have gone up since 2010.'],
    ['No one was hurt.', 'Nobody was injured.'],
    [
      'The library supports asynchronous calls.',
      'The library does not support synchronous calls, only asynchronous calls.',
    ],
    ['The ferry does not allow dogs.', 'Dogs are not allowed on the ferry, except for guide dogs.'],
  ])('none: %s', (claim, sentence) => {
    expect(clashes(claim, sentence)).toEqual([]);
  });

  it('is silent where another sentence says what is claimed', () => {
    const claim = profileOf('The fee rose to 22 euros.');
    const sentences = ['The fee fell to 22 euros.', 'The fee rose to 22 euros.'].map((text) => ({
      share: 1,
      profile: profileOf(text),
    }));
    expect(clashesOf(claim, sentences.slice(0, 1))).toHaveLength(1);
    expect(clashesOf(claim, sentences)).toEqual([]);
  });
});
