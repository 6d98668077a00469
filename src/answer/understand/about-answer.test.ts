import { describe, expect, it } from 'vitest';
import { aboutAnswer, listedSource, withoutSourceList } from './about-answer.ts';

describe('aboutAnswer', () => {
  it.each([
    ['What else does source [1] say?', { kind: 'source', number: 1, about: null }],
    ['And what does [2] say?', { kind: 'source', number: 2, about: null }],
    ['What does source 3 say about the flood?', { kind: 'source', number: 3, about: 'the flood' }],
    ['Tell me more from the second source.', { kind: 'source', number: 2, about: null }],
    ['来源[1]还说了什么？', { kind: 'source', number: 1, about: null }],
    ['第二个来源说了什么', { kind: 'source', number: 2, about: null }],
    ['Are you certain of that?', { kind: 'doubt' }],
    ['Really? Are you sure?', { kind: 'doubt' }],
    ['Is that true?', { kind: 'doubt' }],
    ['你确定吗？', { kind: 'doubt' }],
    ['No, the mill at Enn is the one I meant.', { kind: 'correction', meant: 'the mill at Enn' }],
    ['No, I meant the one in Enn', { kind: 'correction', meant: 'the one in Enn' }],
    ['Sorry, I meant Lake Norra.', { kind: 'correction', meant: 'Lake Norra' }],
    ['Not Talby, but Enn.', { kind: 'correction', meant: 'Enn' }],
    ['不，我说的是长江', { kind: 'correction', meant: '长江' }],
    ['不是黄河，是长江。', { kind: 'correction', meant: '长江' }],
  ])('reads %s', (message, expected) => {
    expect(aboutAnswer(message)).toEqual(expected);
  });

  it.each([
    'What is the source of the Nile?',
    'What does article 5 of the NATO treaty say?',
    'Is that lake salty?',
    'Are you sure-footed goats?',
    'What did he mean by that?',
    'No man is an island: who wrote it?',
    'Which page of the book was torn?',
    '长江有多长？',
    '这是什么来源？',
  ])('leaves %s alone', (message) => {
    expect(aboutAnswer(message)).toBeNull();
  });
});

describe('the list of sources below an answer', () => {
  const answer =
    'The mill was built in 1764.[1]\n\nSources\n[1] Talby mill http://127.0.0.1:9/a\n[2] Enn (https://enn.example/b?c=1)';

  it('gives the address of a number', () => {
    expect(listedSource(answer, 1)).toBe('http://127.0.0.1:9/a');
    expect(listedSource(answer, 2)).toBe('https://enn.example/b?c=1');
    expect(listedSource(answer, 3)).toBeNull();
    expect(listedSource('It is at http://a.example/ [1]', 1)).toBeNull();
    expect(listedSource('Text\n\n**Sources:**\n1. A https://a.example/x', 1)).toBe(
      'https://a.example/x',
    );
  });

  it('is no part of what was said', () => {
    expect(withoutSourceList(answer)).toBe('The mill was built in 1764.[1]');
    expect(withoutSourceList('Plain.[1]')).toBe('Plain.[1]');
  });
});
