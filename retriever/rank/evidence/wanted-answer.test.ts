import { describe, expect, test } from 'vitest';
import {
  ANSWER_TYPE_FEATURES,
  answerTypeFeatures,
  wantedAnswer,
} from '../../../src/core/wanted-answer.ts';
import { analyseQuestion } from '../words/question-words.ts';

const feature = (
  question: string,
  sentence: string,
  name: (typeof ANSWER_TYPE_FEATURES)[number],
): number => {
  const wanted = wantedAnswer(question, analyseQuestion(question).kind);
  return answerTypeFeatures(wanted, sentence)[ANSWER_TYPE_FEATURES.indexOf(name)] ?? Number.NaN;
};

describe('a number with a fitting unit', () => {
  test.each([
    [
      'How deep is Lake Baikal?',
      'Its greatest depth is 1,642 metres.',
      'It is 25 million years old.',
    ],
    ['How deep is Lake Baikal?', 'Greatest depth | 1,642 m', 'Country | Russia'],
    ['How tall is the tower?', 'It rises 324 m above the square.', 'It was built in 1889.'],
    ['How long did the siege last?', 'It went on for three years.', 'It was fought at the river.'],
    ['How fast can it fly?', 'Its speed is 900 km/h.', 'It is 900 metres long.'],
    ['How heavy is the stone?', 'The block weighs 25 tonnes.', 'The block is 5 metres wide.'],
    ['How much did the bridge cost?', 'It was built for $35 million.', 'It was built in 1933.'],
    ['What percentage is water?', 'Some 71 per cent is water.', 'There are 71 seas.'],
    ['玉山主峰有多高？', '玉山主峰海拔3952公尺。', '玉山在1997年成為公園。'],
    ['大运河全长多少千米？', '全长约1794千米。', '大运河有1794座桥。'],
    ['泡绿茶用多少度的水合适？', '以80度的水为宜。', '每天喝三杯。'],
    ['大桥耗资多少元？', '建设耗资达2.8亿元人民币。', '大桥高70多米。'],
    ['刚出生的幼崽有多重？', '幼崽只有100克左右。', '幼崽有10厘米长。'],
  ])('%s', (question, right, wrong) => {
    expect(feature(question, right, 'measure')).toBe(1);
    expect(feature(question, wrong, 'measure')).toBe(-1);
  });

  test('nothing is measured where nothing is asked', () => {
    expect(feature('Who built it?', 'It is 5 metres long.', 'measure')).toBe(0);
  });
});

test('a counted noun beside its number', () => {
  const question = 'How many layers does the sunshield have?';
  expect(feature(question, 'The sunshield has five thin layers.', 'counted')).toBe(1);
  expect(feature(question, 'The layers are thin.', 'counted')).toBe(0);
  expect(feature(question, 'It flew in 2021.', 'counted')).toBe(-1);
});

test('names of persons that the question does not have', () => {
  expect(feature('Who designed UTF-8?', 'Ken Thompson did it with Rob Pike.', 'persons')).toBe(2);
  expect(feature('Who designed UTF-8?', 'It was designed in a diner.', 'persons')).toBe(-1);
  expect(feature('谁发现了藏经洞？', '藏经洞由王圆箓发现。', 'persons')).toBe(1);
});

test('naming, dating and pronouns', () => {
  expect(feature('都江堰又称什么？', '都江堰又称都安大堰。', 'naming')).toBe(1);
  expect(feature('What is the bay called?', 'It is now known as Proval Bay.', 'naming')).toBe(1);
  expect(feature('What year was it built?', 'It was built in 1889.', 'dating')).toBe(1);
  expect(feature('What year was it built?', 'It has 1,889 steps.', 'dating')).toBe(-1);
  expect(feature('哪一年通车？', '1968年通车。', 'dating')).toBe(1);
  expect(feature('How deep is it?', 'Its depth is 3 m.', 'pronounLed')).toBe(1);
  expect(feature('多深？', '其中有三个湖。', 'pronounLed')).toBe(0);
  expect(feature('多深？', '其深度为三米。', 'pronounLed')).toBe(1);
});
