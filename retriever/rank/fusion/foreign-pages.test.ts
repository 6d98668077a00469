import { expect, test } from 'vitest';
import { translationTarget } from './foreign-pages.ts';

const english = { text: 'Normandy is a region in the north of France.', language: 'en' };
const chinese = { text: '诺曼底是法国北部的一个地区。', language: 'zh-Hans' };
const german = { text: 'Die Normandie ist eine Region im Norden Frankreichs.', language: 'de' };

test.each([
  ['诺曼底在哪里？', [english, english], 'en'],
  ['Where is Normandy?', [chinese], 'zh'],
  ['诺曼底在哪里？', [english, chinese], null],
  ['Wo liegt die Normandie?', [english], null],
  ['诺曼底在哪里？', [german, german], null],
  ['诺曼底在哪里？', [], null],
  ['123', [english], null],
] as const)('%s', (question, documents, target) => {
  expect(translationTarget(question, documents)).toBe(target);
});
