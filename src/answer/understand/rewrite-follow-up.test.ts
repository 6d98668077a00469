import { describe, expect, it } from 'vitest';
import { rewriteFollowUp } from './rewrite-follow-up.ts';

const baikal = { question: 'How deep is Lake Baikal?', answer: 'Lake Baikal is 1,642 m deep.' };
const utf8 = {
  question: 'Who designed UTF-8 on a placemat?',
  answer: 'Ken Thompson designed UTF-8 on a placemat in September 1992.',
};
const bridge = {
  question: 'When did the Golden Gate Bridge open?',
  answer: 'The Golden Gate Bridge opened in 1937.',
};
const mill = {
  question: 'When was the mill at Talby built?',
  answer: 'The mill at Talby was built in 1764 and has two wheels of oak.',
};
const tower = {
  question: 'How tall is the Eiffel Tower?',
  answer: 'The Eiffel Tower is 330 m tall.',
};
const finland = { question: 'What is the largest lake in Finland?', answer: 'It is Saimaa.' };
const k2 = { question: 'What is the height of K2?', answer: 'K2 is 8,611 m high.' };
const panda = { question: '大熊猫主要吃什么？', answer: '大熊猫主要吃竹子。' };
const canal = { question: '京杭大运河全长多少千米？', answer: '京杭大运河全长1794千米。' };

describe('rewriteFollowUp', () => {
  it.each([
    ['And where is it?', baikal, 'Where is Lake Baikal?'],
    ['How old is it?', baikal, 'How old is Lake Baikal?'],
    ['Who discovered it and when?', baikal, 'Who discovered Lake Baikal and when?'],
    ['What is its volume?', baikal, "What is Lake Baikal's volume?"],
    ['What fish live there?', baikal, 'What fish live in Lake Baikal?'],
    ['What about Lake Tanganyika?', baikal, 'How deep is Lake Tanganyika?'],
    ['How about in winter?', baikal, 'How deep is Lake Baikal in winter?'],
    ['How big is that lake?', { ...baikal, question: 'Where is Lake Baikal lake?' }, /Baikal/u],
    ['Who built that bridge?', bridge, 'Who built Golden Gate Bridge?'],
    ['and who built it?', bridge, 'Who built Golden Gate Bridge?'],
    ['Who is the architect?', bridge, 'Who is the architect of Golden Gate Bridge?'],
    ['Why?', baikal, 'Why is Lake Baikal?'],
    ['When was he born?', utf8, 'When was Ken Thompson born?'],
    ['How many bytes does it use?', utf8, 'How many bytes does UTF-8 use?'],
    ['What else happened that year?', bridge, 'What else happened in 1937?'],
    ['它的幼崽有多重？', panda, '大熊猫的幼崽有多重？'],
    ['那它住在哪里？', panda, '大熊猫住在哪里？'],
    ['什么时候开凿的？', canal, '京杭大运河什么时候开凿的？'],
    ['它是谁建的？', canal, '京杭大运河是谁建的？'],
    ['那长江呢？', canal, '长江全长多少千米？'],
    ['面积多大？', canal, '京杭大运河的面积多大？'],
    ['该运河流经哪些省？', canal, /京杭大运河.*流经哪些省/u],
    ['And who built it?', mill, 'Who built the mill at Talby?'],
    ['Who is the miller?', mill, 'Who is the miller of the mill at Talby?'],
    ['Is that mill still running?', mill, 'Is the mill at Talby still running?'],
    ['What else can be seen there?', mill, 'What else can be seen in Talby?'],
    ['And the one at Enn?', mill, 'When was the mill at Enn built?'],
    ['What about Enn?', mill, 'When was the mill at Enn built?'],
    ['And the church at Enn?', mill, 'When was the church at Enn built?'],
    ['And the one in Las Vegas?', tower, 'How tall is the Eiffel Tower in Las Vegas?'],
    ['How deep is it?', finland, 'How deep is the largest lake in Finland?'],
    ['What is its area?', k2, "What is K2's area?"],
  ])('rewrites %s', (question, exchange, expected) => {
    const rewrite = rewriteFollowUp(question, [exchange]);
    if (typeof expected === 'string') expect(rewrite?.text).toBe(expected);
    else expect(rewrite?.text).toMatch(expected);
  });

  it.each([
    ['How tall is Olympus Mons?', baikal],
    ['When did Tesla sell his patents?', baikal],
    ['Is it possible to boil an egg on Everest?', baikal],
    ['How long does it take to fly to Mars?', baikal],
    ['Which pope annulled Magna Carta?', baikal],
    ['Are there penguins in the Arctic?', baikal],
    ['What is the capital of France?', baikal],
    ['郑和一共下过几次西洋？', panda],
    ['谁是美国总统？', panda],
    ['长江有多长？', canal],
  ])('leaves %s as it is', (question, exchange) => {
    expect(rewriteFollowUp(question, [exchange])).toBeNull();
  });

  it('has nothing to put back at the start of a conversation', () => {
    expect(rewriteFollowUp('And who built it?', [])).toBeNull();
  });
});
