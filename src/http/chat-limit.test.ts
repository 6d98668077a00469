import { describe, expect, it } from 'vitest';
import { answerWithin } from './chat-limit.ts';

const answer = 'Lake Baikal is 1,642 m deep.[1] 它是最深的湖。[2][3] It lies in Siberia.[1]';
const texts = ['Lake Baikal is 1,642 m deep.', '它是最深的湖。', 'It lies in Siberia.'];
const sentences = texts.map((text) => {
  const start = answer.indexOf(text);
  return { text, start, end: start + text.length, citations: [] };
});
const within = (tokens: number | null): ReturnType<typeof answerWithin> =>
  answerWithin({ answer, sentences }, tokens);

describe('answerWithin', () => {
  it('leaves an answer whole that fits exactly, or has no limit', () => {
    const all = { content: answer, sentences, whole: true };
    expect(within(null)).toEqual(all);
    expect(within(Math.ceil(Buffer.byteLength(answer) / 3))).toEqual(all);
  });

  it('drops whole sentences from the end, and keeps the marks of those that stay', () => {
    // 28 letters and 3 of the mark, a space, 7 Han characters of 3 bytes, 6 of the marks: 59 bytes.
    expect(within(20)).toEqual({
      content: 'Lake Baikal is 1,642 m deep.[1] 它是最深的湖。[2][3] ',
      sentences: sentences.slice(0, 2),
      whole: false,
    });
    expect(within(19).content).toBe('Lake Baikal is 1,642 m deep.[1] ');
    expect(within(19).sentences).toEqual(sentences.slice(0, 1));
  });

  it('gives the first sentence whole, however few tokens are asked for', () => {
    expect(within(1)).toEqual({
      content: 'Lake Baikal is 1,642 m deep.[1] ',
      sentences: sentences.slice(0, 1),
      whole: false,
    });
    const [only] = sentences;
    const alone = {
      answer: `${texts[0] as string}[1]`,
      sentences: only === undefined ? [] : [only],
    };
    expect(answerWithin(alone, 1)).toMatchObject({ content: alone.answer, whole: true });
  });
});
