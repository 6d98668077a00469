/** Plans over a stub `ask`: what they tell on the way, when they give up, and what they return. */
import { describe, expect, it } from 'vitest';
import { NO_TIME, type AnswerBody, type AnswerWork, type ProgressEvent } from '../answer-body.ts';
import { runPlan, planOf } from './run-plan.ts';

const TEXTS: Readonly<Record<string, string>> = {
  'How high is the Arbel Tower?': 'The Arbel Tower is 310 metres high.',
  'How high is the Bell Tower?': 'The Bell Tower is 95 metres high.',
  'Who designed the Arbel Tower?': 'The Arbel Tower was designed by Ida Lovell.',
  'When was Ida Lovell born?': 'Ida Lovell was born in 1871.',
};

/** A body with one cited sentence, on a page of its own; abstained where nothing is known. */
function bodyOf(question: string): AnswerBody {
  const text = TEXTS[question];
  const url = `https://${question.replace(/\W+/gu, '-').toLowerCase()}.example/`;
  const citation = {
    reference: 1,
    quote: text ?? '',
    start: 0,
    end: text?.length ?? 0,
    url,
    support: 1,
  };
  return {
    abstained: text === undefined,
    sentences: [{ text: text ?? 'Nothing.', citations: text === undefined ? [] : [citation] }],
    references: [
      {
        number: 1,
        url,
        title: question.replace(/^.*(?:is|the) |\?$/gu, ''),
        site: 'a.example',
        published_at: null,
        fetched_at: '2026-01-01T00:00:00.000Z',
        text: text ?? 'Nothing.',
        score: 1,
        evidence: [],
      },
    ],
    score: 1,
    model: 'stub',
    usage: { prompt_tokens: 10, completion_tokens: 2 },
    timings_ms: { ...NO_TIME, search: 5, total: 9 },
    warnings: [{ code: 'search-captcha', message: 'duckduckgo shows a CAPTCHA' }],
    steps: [],
    alternatives: [],
    read: [],
  };
}

interface Run {
  readonly body: AnswerBody | null;
  readonly events: readonly ProgressEvent[];
  readonly asked: readonly (readonly [string, boolean])[];
  readonly steps: readonly string[];
}

async function run(question: string): Promise<Run> {
  const plan = planOf(question);
  if (plan === null) throw new Error('no plan');
  const asked: [string, boolean][] = [];
  const events: ProgressEvent[] = [];
  const work = runPlan(plan, {
    ask: async function* (text, quotes): AnswerWork {
      asked.push([text, quotes]);
      yield { type: 'search-end', queries: [text], results: [] };
      const body = bodyOf(text);
      yield { type: 'references', references: body.references };
      const [sentence] = body.sentences;
      if (sentence !== undefined) yield { type: 'sentence', sentence };
      return body;
    },
    earlier: new Map(),
    maxReferences: 5,
    linkTo: (url) => url,
  });
  for (;;) {
    const next = await work.next();
    if (next.done === true) {
      const { body, steps } = next.value;
      return { body, events, asked, steps: steps.map(({ kind }) => kind) };
    }
    events.push(next.value);
  }
}

describe('a comparison', () => {
  it('searches for both sides, concludes, and gives one list of references', async () => {
    const { body, events, asked, steps } = await run(
      'Which is taller, the Arbel Tower or the Bell Tower?',
    );
    expect(asked).toEqual([
      ['How high is the Arbel Tower?', true],
      ['How high is the Bell Tower?', true],
    ]);
    expect(steps).toEqual(['search', 'extract', 'search', 'extract', 'compare']);
    expect(body?.sentences[0]?.text).toContain(
      '(310 metres) is taller than the Bell Tower (95 metres)',
    );
    expect(body?.sentences[0]?.citations.map(({ reference }) => reference)).toEqual([1, 2]);
    expect(body?.sentences.slice(1).map(({ text }) => text)).toEqual([
      'The Arbel Tower is 310 metres high.',
      'The Bell Tower is 95 metres high.',
    ]);
    // The parts' own lists and sentences are not shown: the plan has one of its own.
    const lists = events.filter(({ type }) => type === 'references');
    expect(lists).toEqual([{ type: 'references', references: body?.references }]);
    expect(events.some(({ type }) => (type as string) === 'sentence')).toBe(false);
    expect(body?.references.map(({ number }) => number)).toEqual([1, 2]);
    expect(body?.usage).toEqual({ prompt_tokens: 20, completion_tokens: 4 });
    expect(body?.timings_ms).toMatchObject({ search: 10, total: 18 });
    // Both parts met it: it is told once.
    expect(body?.warnings.map(({ code }) => code)).toEqual(['search-captcha']);
  });

  it('calculates a difference exactly', async () => {
    const { body, steps } = await run('How much taller is the Arbel Tower than the Bell Tower?');
    expect(steps).toContain('calculate');
    expect(body?.sentences[0]?.text).toContain('a difference of 215 m');
  });

  it('gives up where one side has no figure; the steps so far were told', async () => {
    const { body, asked, steps } = await run('Which is taller, the Arbel Tower or the Zyx Tower?');
    expect(body).toBeNull();
    expect(asked).toHaveLength(2);
    expect(steps).toEqual(['search', 'extract', 'search', 'extract']);
  });
});

describe('two hops', () => {
  it('asks for the name first, and shows where it comes from', async () => {
    const { body, asked, steps } = await run(
      'When was the person who designed the Arbel Tower born?',
    );
    expect(asked).toEqual([
      ['Who designed the Arbel Tower?', true],
      ['When was Ida Lovell born?', false],
    ]);
    expect(steps).toEqual(['search', 'extract', 'search']);
    expect(body?.sentences.map(({ text }) => text)).toEqual([
      'Ida Lovell was born in 1871.',
      'The Arbel Tower was designed by Ida Lovell.',
    ]);
  });

  it.each([
    ['the name', 'When was the person who designed the Zyx Tower born?', 1],
    ['the rest', 'Where was the person who designed the Arbel Tower born?', 2],
  ])('gives up where %s is not found', async (_, question, searches) => {
    const { body, asked } = await run(question);
    expect(body).toBeNull();
    expect(asked).toHaveLength(searches);
  });
});

it('has no plan for a question that takes one search', () => {
  expect(planOf('How high is the Arbel Tower?')).toBeNull();
});
