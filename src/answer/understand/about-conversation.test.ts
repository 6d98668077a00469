import { describe, expect, it } from 'vitest';
import type { Turn } from '../../core/nouns.ts';
import { aboutConversation } from './about-conversation.ts';
import { clockReply, resolvePlaces } from './clock.ts';
import { smallTalk } from './small-talk.ts';

const turns: Turn[] = [
  { role: 'user', content: 'How deep is Lake Baikal?' },
  { role: 'assistant', content: 'It is 1,642 m deep.[1]' },
  { role: 'user', content: 'And where is it?' },
  { role: 'assistant', content: 'In Siberia.[1]' },
];
const now = new Date('2026-11-23T23:30:00Z');

describe('small talk', () => {
  it.each([
    'hi',
    'Hello!',
    'thanks',
    'Great, thank you so much!',
    '你好',
    '谢谢你',
    'ok',
    'bye',
    'How are you?',
    '你是谁？',
  ])('answers %s without a search', (message) => {
    expect(smallTalk(message, 'en')).not.toBeNull();
  });

  it.each([
    'Hi, how deep is Lake Baikal?',
    'Who are you going to call in Ghostbusters?',
    'thanksgiving date',
    '你好是什么意思？',
    'What is OK?',
  ])('leaves %s to the search', (message) => {
    expect(smallTalk(message, 'en')).toBeNull();
  });
});

describe('aboutConversation', () => {
  it.each([
    ['What did I ask first?', 'You asked “How deep is Lake Baikal?”.'],
    ['what was my first question', 'You asked “How deep is Lake Baikal?”.'],
    ['What did I just ask?', 'You asked “And where is it?”.'],
    ['What was my second question?', 'You asked “And where is it?”.'],
    ['What was my third question?', 'So far you asked only 2 questions.'],
    ['How many questions have I asked so far?', 'Before this one you asked 2 questions.'],
    [
      'What have we talked about?',
      'You asked:\n1. “How deep is Lake Baikal?”\n2. “And where is it?”',
    ],
    ['What did you say?', 'My last answer was: “In Siberia.”'],
    ['我第一个问题是什么？', '你问的是“How deep is Lake Baikal?”。'],
    ['我刚才问了什么？', '你问的是“And where is it?”。'],
  ])('answers %s from the turns', (message, reply) => {
    expect(aboutConversation(message, turns, 'en')).toBe(reply);
  });

  it.each([
    'What did Einstein say first?',
    'What was the first question on Jeopardy?',
    '第一个问题是谁提出的？',
    'What did Marie Curie say about her second question?',
    'How many questions have been asked in Parliament so far?',
    'How many questions did the Sphinx ask?',
    'What was your answer to the riddle of the Sphinx?',
    'What did you say in The Princess Bride?',
    'What have we learned from Voyager 1?',
    'List the questions of the Proust questionnaire',
    'Repeat sign in music',
    'Who asked the first question at the hearing?',
    '她第一个问题是什么？',
    '我国第一个问题是什么？',
    '你刚才说的湖在哪里？',
  ])('leaves %s to the search', (message) => {
    expect(aboutConversation(message, turns, 'en')).toBeNull();
  });

  it('says so where nothing was asked or answered yet', () => {
    expect(aboutConversation('What did I ask first?', [], 'en')).toBe(
      'This is the first question of this conversation.',
    );
    expect(aboutConversation('我问了什么？', [], 'zh')).toBe('这是这次对话的第一个问题。');
    expect(aboutConversation('What did you say?', turns.slice(0, 1), 'en')).toBe(
      'I have not answered anything yet.',
    );
    expect(aboutConversation('How many questions have I asked?', turns.slice(0, 2), 'en')).toBe(
      'Before this one you asked 1 question.',
    );
  });
});

describe('the clock', () => {
  it('has the date of the asker’s time zone', () => {
    expect(clockReply('What is the date today?', now, {}, 'en')).toContain('23 November 2026');
    expect(clockReply('What day is it?', now, { timezone: 'Asia/Tokyo' }, 'en')).toContain(
      '24 November 2026',
    );
    expect(clockReply('今天是几号？', now, { timezone: 'Asia/Shanghai' }, 'zh')).toContain(
      '2026年11月24日',
    );
    expect(clockReply('What is the date of Easter?', now, {}, 'en')).toBeNull();
  });

  it('names places', () => {
    const berlin = { city: 'Berlin', country: 'Germany' };
    expect(resolvePlaces('Museums near me?', berlin)).toBe('Museums near Berlin, Germany?');
    expect(resolvePlaces('Museums near me?', {})).toBe('Museums near me?');
    expect(resolvePlaces('What can I do here?', berlin)).toBe('What can I do in Berlin, Germany?');
    expect(resolvePlaces('Who sang Wish You Were Here?', berlin)).toBe(
      'Who sang Wish You Were Here?',
    );
    expect(resolvePlaces('Who said "come over here"?', berlin)).toBe('Who said "come over here"?');
  });
});
