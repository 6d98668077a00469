import { describe, expect, it } from 'vitest';
import type { Asker, Turn } from '../../core/nouns.ts';
import { exchangesOf, understand, type Understood } from './understand.ts';

const now = new Date('2026-01-15T10:00:00Z');
const read = (
  message: string,
  turns: readonly Turn[] = [],
  asker: Asker = {},
): Promise<Understood> => understand(message, { turns, asker, now, language: 'en' });
const user = (content: string): Turn => ({ role: 'user', content });
const assistant = (content: string): Turn => ({ role: 'assistant', content });
const TALBY = [
  user('When was the mill at Talby built?'),
  assistant('The mill at Talby was built in 1764.[1]\n\nSources\n[1] Talby https://talby.example/'),
];

describe('understand', () => {
  it('leaves a question that stands by itself as it is, without steps', async () => {
    expect(await read('Who directed Last Year at Marienbad?')).toEqual({
      question: 'Who directed Last Year at Marienbad?',
      reply: null,
      style: null,
      source: null,
      anew: false,
      steps: [],
      warnings: [],
    });
  });

  it('takes the style out, resolves dates and places, and tells each step', async () => {
    const { question, style, steps } = await read(
      'Which museums near me opened last year, in one sentence?',
      [],
      { city: 'Riga', timezone: 'Europe/Riga' },
    );
    expect(question).toBe('Which museums near Riga opened in 2025?');
    expect(style).toEqual({ sentences: 1 });
    expect(steps.map(({ kind }) => kind)).toEqual(['rewrite', 'style']);
  });

  it.each([
    ['Hello!', 'reply'],
    ['What did I ask first?', 'reply'],
    ['What day is it?', 'reply'],
    ['What is 12 * 12?', 'calculate'],
  ])('replies to %s without a search', async (message, kind) => {
    const { reply, steps, question } = await read(message, TALBY);
    expect(reply).not.toBeNull();
    expect(question).toBe(message);
    expect(steps.map((step) => step.kind)).toEqual([kind]);
  });

  it('puts back what a follow-up leaves out', async () => {
    expect((await read('And who built it?', TALBY)).question).toBe('Who built the mill at Talby?');
    expect((await read('as bullet points please', TALBY)).question).toBe(TALBY[0]?.content);
  });

  it('knows what is about the answer, and only after one', async () => {
    expect(await read('What else does source [1] say?', TALBY)).toMatchObject({
      question: TALBY[0]?.content,
      source: { number: 1, question: null },
    });
    const asked = await read('What does source [1] say about the wheels?', TALBY);
    expect(asked.source).toEqual({ number: 1, question: asked.question });
    expect(asked.question).toMatch(/wheels.*Talby/u);
    expect(await read('Are you sure?', TALBY)).toMatchObject({
      question: TALBY[0]?.content,
      anew: true,
    });
    expect((await read('No, I meant the mill at Enn.', TALBY)).question).toBe(
      'When was the mill at Enn built?',
    );
    expect(await read('Are you sure?')).toMatchObject({ question: 'Are you sure?', anew: false });
  });

  it('follows a correction through the next question', async () => {
    const turns = [
      ...TALBY,
      user('No, I meant the mill at Enn.'),
      assistant('The mill at Enn was built in 1650.[1]'),
    ];
    expect((await read('Who built it?', turns)).question).toBe('Who built the mill at Enn?');
  });

  it('takes the form of answers from system messages, and says what it does not follow', async () => {
    const form = await read('How deep is Lake Ester?', [
      { role: 'system', content: 'Answer in one sentence. You are a pirate.' },
    ]);
    expect(form.style).toEqual({ sentences: 1 });
    expect(form.warnings.map(({ code }) => code)).toEqual(['system-message-partly-used']);
    const none = await read('How deep is Lake Ester?', [
      { role: 'system', content: 'You are a pirate.' },
    ]);
    expect(none.style).toBeNull();
    expect(none.warnings.map(({ code }) => code)).toEqual(['system-message-not-used']);
    const own = await read('How deep is Lake Ester? Answer in two sentences.', [
      { role: 'system', content: 'Answer in one sentence.' },
    ]);
    expect(own.style).toEqual({ sentences: 2 });
    expect(own.warnings).toEqual([]);
  });
});

describe('exchangesOf', () => {
  it('pairs questions with answers, without small talk, marks and lists of sources', () => {
    expect(
      exchangesOf([
        user('Hello'),
        assistant('Hello! Ask me anything.'),
        ...TALBY,
        user('in one sentence'),
        assistant('The mill at Talby was built in 1764.[1]'),
        user('And who built it?'),
      ]),
    ).toEqual([
      {
        question: 'When was the mill at Talby built?',
        answer: 'The mill at Talby was built in 1764.',
      },
      { question: 'Who built the mill at Talby?', answer: null },
    ]);
  });
});
