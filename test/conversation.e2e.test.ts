/** Conversations with the built service over the sample web: follow-ups, style, plans, and what needs no search. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Turn } from '../src/core/nouns.ts';
import { answerSchema } from '../src/http/schemas.ts';
import { startService, TEST_CACHE, type Service } from './footnote-process.ts';
import { weights } from './weights.ts';

const ready = weights('smollm2-135m') !== null && weights('multilingual-e5-small') !== null;

let service: Service;

async function ask(question: string, more: object = {}): Promise<Answer> {
  const response = await fetch(`${service.origin}/v1/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question, drafts: 0, ...more }),
  });
  const answer = answerSchema.parse(await response.json()) as Answer;
  let end = 0;
  for (const sentence of answer.sentences) {
    expect(answer.answer.slice(sentence.start, sentence.end)).toBe(sentence.text);
    expect(answer.answer.slice(end, sentence.start)).toMatch(/^(?:\s*\[\d+\])*\s*$/u);
    end = sentence.end;
    for (const { reference, start, end: stop, quote } of sentence.citations) {
      const found = answer.references[reference - 1];
      expect(found?.number).toBe(reference);
      expect(found?.text.slice(start, stop)).toBe(quote);
    }
  }
  return answer;
}

const said = (question: string, answer: Answer): Turn[] => [
  { role: 'user', content: question },
  { role: 'assistant', content: answer.answer },
];
const kinds = (answer: Answer): string[] => answer.steps.map(({ kind }) => kind);
describe.skipIf(!ready)('a conversation', () => {
  beforeAll(async () => {
    service = await startService({
      FOOTNOTE_SEARCH: 'sample',
      FOOTNOTE_GENERATOR: 'smollm2-135m',
      FOOTNOTE_CACHE_DIR: TEST_CACHE,
    });
  }, 180_000);

  afterAll(async () => {
    expect(await service.stop()).toBe(0);
  });

  it('answers a follow-up from what went before, and keeps the number of a page', async () => {
    const question = 'How deep is Lake Baikal?';
    const first = await ask(question);
    expect(first.steps).toEqual([]);
    const second = await ask('And how long is it?', { messages: said(question, first) });
    expect(second.question).toBe('And how long is it?');
    expect(second.steps[0]).toMatchObject({ kind: 'rewrite', output: 'How long is Lake Baikal?' });
    expect(second.answer).toMatch(/636/u);
    const number = (answer: Answer): number | undefined =>
      answer.references.find(({ url }) => url.includes('lake-baikal'))?.number;
    expect(number(second)).toBe(number(first));
  });

  it('answers a Chinese follow-up, from the page at hand', async () => {
    const question = '大熊猫主要吃什么？';
    const first = await ask(question);
    const second = await ask('它刚出生的幼崽有多重？', { messages: said(question, first) });
    expect(second.steps[0]?.output).toBe('大熊猫刚出生的幼崽有多重？');
    expect(second.answer).toContain('100克');
    // The page of the first answer holds this one too: nothing was searched for or fetched.
    expect(second.timings_ms).toMatchObject({ search: 0, fetch: 0 });
    expect(second.references.map(({ url }) => url)).toContain(first.references[0]?.url);
  });

  it('needs no search for small talk, itself, the date and sums', async () => {
    const messages: Turn[] = [{ role: 'user', content: 'How deep is Lake Baikal?' }];
    for (const [question, says, kind] of [
      ['Thanks!', /welcome/u, 'reply'],
      ['What did I ask first?', /How deep is Lake Baikal\?/u, 'reply'],
      ['What is the date today?', new RegExp(String(new Date().getUTCFullYear()), 'u'), 'reply'],
      ['What is 15% of 240?', /= 36$/u, 'calculate'],
      ['16 mod 12', /= 4$/u, 'calculate'],
    ] as const) {
      const answer = await ask(question, { messages });
      expect(answer.answer).toMatch(says);
      expect(kinds(answer)).toEqual([kind]);
      expect(answer.references).toEqual([]);
    }
  });

  it('takes the shape that is asked for, and repeats an answer in another', async () => {
    const question = 'How deep is Lake Baikal?';
    const first = await ask(`${question} Answer in one sentence.`);
    expect(first.sentences).toHaveLength(1);
    expect(first.answer).toContain('1,642');
    const table = await ask('as a table please', { messages: said(question, first) });
    expect(table.answer).toMatch(
      /^\| Statement \| Source \|\n\| --- \| --- \|\n\| .*1,642.* \| \[\d\]/u,
    );
    expect(kinds(table)).toEqual(['rewrite', 'style']);
    const simple = await ask(`${question} Explain like I am five.`);
    expect(simple.warnings.map(({ code }) => code)).toContain('style-limited');
  });

  it.each([
    [
      'Is Olympus Mons higher than Hallgrímskirkja?',
      ['search', 'extract', 'search', 'extract', 'compare'],
      /^Yes: Olympus Mons \(21\.9 kilometres\) is higher than Hallgrímskirkja \(74\.5 metres\)\.\[\d\]\[\d\]/u,
    ],
    [
      'Who is older, Marie Curie or Pablo Picasso?',
      ['search', 'extract', 'search', 'extract', 'compare'],
      /^Marie Curie \(1867\) is older than Pablo Picasso \(1881\)\.\[\d\]\[\d\]/u,
    ],
    [
      'How much higher is Olympus Mons than Hallgrímskirkja?',
      ['search', 'extract', 'search', 'extract', 'calculate', 'compare'],
      /^Olympus Mons \(21\.9 kilometres\) is higher than .* a difference of 21\.82[56] km\.\[\d\]\[\d\]/u,
    ],
    [
      '京杭大运河比天和核心舱长多少？',
      ['search', 'extract', 'search', 'extract', 'calculate', 'compare'],
      /^京杭大运河（1794千米）比天和核心舱（16\.6米）更长，相差1,793\.983千米。\[\d\]\[\d\]/u,
    ],
  ])('compares: %s', async (question, steps, says) => {
    const answer = await ask(question);
    expect(kinds(answer)).toEqual(steps);
    expect(answer.answer).toMatch(says);
    const cited = answer.sentences[0]?.citations ?? [];
    expect(new Set(cited.map(({ url }) => url.split('#')[0])).size).toBe(2);
    for (const { url } of cited) expect(url).toContain('#:~:text=');
    expect(answer.steps.at(-1)?.references).toHaveLength(2);
  });

  it('gives a comparison up where one side has no figure', async () => {
    const answer = await ask('Is Olympus Mons higher than Yushan?');
    expect(kinds(answer)).toEqual(['search', 'extract', 'search', 'extract']);
    expect(answer.steps.at(-1)?.output).toBe('');
    expect(answer.answer).not.toMatch(/higher than Yushan/u);
  });

  it('answers a question inside another', async () => {
    const answer = await ask('When was the scientist who named an element polonium born?');
    expect(answer.steps.map(({ kind, output }) => [kind, output])).toEqual([
      ['search', 'Who named an element polonium?'],
      ['extract', 'Marie Curie'],
      ['search', 'When was Marie Curie born?'],
    ]);
    expect(answer.answer).toMatch(/7 November 1867.*\[\d\].*which she named polonium.*\[\d\]/u);
  });

  it('streams its steps', async () => {
    const response = await fetch(`${service.origin}/v1/answer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ question: 'What is 2^10?' }),
    });
    const text = await response.text();
    expect(text).toContain(
      'event: step\ndata: {"step":{"kind":"calculate","input":"2^10","output":"1024"',
    );
    expect(text).toContain('event: answer-end');
  });
});
