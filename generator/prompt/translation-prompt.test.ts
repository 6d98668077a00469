import { expect, test } from 'vitest';
import { readTranslation, translationPrompt } from './translation-prompt.ts';

test('the question is the last turn, on one line and bounded', () => {
  const prompt = translationPrompt(` 谁写了\n《红楼梦》？${'长'.repeat(400)}`, 'en');
  const last = prompt.kind === 'chat' ? prompt.messages.at(-1) : undefined;
  expect(last?.role).toBe('user');
  expect(last?.content).toMatch(/^谁写了 《红楼梦》？/u);
  expect(last?.content.length).toBe(300);
});

test.each([
  ['Who wrote it?\nIt was Cao.', 'en', 'Who wrote it?'],
  ['"Who wrote it?"', 'en', 'Who wrote it?'],
  ['Who was the哥伦比亚 President?', 'en', 'Who was the哥伦比亚 President?'],
  ['谁写了它？', 'en', null],
  ['', 'en', null],
  ['诺曼底位于哪个国家？', 'zh', '诺曼底位于哪个国家？'],
  ['Where is Normandy?', 'zh', null],
] as const)('%s (%s)', (text, target, expected) => {
  expect(readTranslation(text, target)).toBe(expected);
});
