/** What a client puts together from the events of an answer is the answer, whichever way it was made. */
import { describe, expect, it } from 'vitest';
import type { Answer, AnswerEvent } from '../core/nouns.ts';
import { AnswerService, type AnswerRequest } from './answer-service.ts';
import { stubParts } from './testing/stub-parts.ts';

const PAGES = [
  {
    title: 'Lake Ester',
    text: 'Lake Ester is 120 metres deep. Lake Ester lies in the north. Boats cross Lake Ester daily.',
  },
  {
    title: 'Lake Norra',
    text: 'Lake Norra is 90 metres deep. Lake Norra lies in the south. Boats cross Lake Norra daily.',
  },
  { title: '云溪塔', text: '云溪塔高71米。云溪塔在山上。' },
];
const OPTIONS = {
  maxResults: 5,
  maxReferences: 5,
  drafts: 0,
  generateTimeoutMs: 1_000,
  maxConcurrent: 2,
  maxWaitSeconds: 15,
  maxQueued: 2,
  answerCacheSeconds: 60,
};

async function eventsOf(service: AnswerService, request: AnswerRequest): Promise<AnswerEvent[]> {
  const events: AnswerEvent[] = [];
  for await (const event of service.answer(request, { signal: AbortSignal.timeout(20_000) })) {
    events.push(event);
  }
  return events;
}

/** Checks what holds for every stream, and gives the answer. */
function checked(events: readonly AnswerEvent[]): Answer {
  const ends = events.filter(({ type }) => type === 'answer-end');
  expect(ends).toHaveLength(1);
  const end = events.at(-1);
  if (end?.type !== 'answer-end') throw new Error('the last event is no answer-end');
  const text = events.map((event) => (event.type === 'answer-delta' ? event.text : '')).join('');
  expect(text).toBe(end.answer.answer);
  const lists = events.filter(({ type }) => type === 'references');
  expect(lists.length).toBeLessThanOrEqual(1);
  const [list] = lists;
  if (list?.type === 'references') expect(list.references).toEqual(end.answer.references);
  let at = 0;
  for (const { text: own, start, end: to, citations } of end.answer.sentences) {
    expect(end.answer.answer.slice(start, to)).toBe(own);
    expect(end.answer.answer.slice(at, start)).toMatch(/^\s*(?:\[\d+\])*\s*$/u);
    at = to;
    for (const { reference, quote, start: from, end: until } of citations) {
      const source = end.answer.references.find(({ number }) => number === reference);
      expect(source?.text.slice(from, until)).toBe(quote);
      expect(end.answer.answer.slice(to)).toMatch(
        new RegExp(`^\\s?(?:\\[\\d+\\])*\\[${reference}\\]`, 'u'),
      );
    }
  }
  expect(end.answer.answer.slice(at)).toMatch(/^\s*(?:\[\d+\])*$/u);
  return end.answer;
}

const PLAN = 'Which is deeper, Lake Ester or Lake Norra?';

describe('the events of an answer', () => {
  it.each([
    ['plain', 'How deep is Lake Ester?', 2, /120 metres/u],
    ['a plan', PLAN, 3, /^Lake Ester \(120 metres\) is deeper than Lake Norra \(90 metres\)\./u],
    ['a style', 'How deep is Lake Ester? Answer in one sentence.', 1, /120 metres/u],
    ['a plan and a style', `${PLAN} Answer in one sentence.`, 1, /^Lake Ester \(120 metres\)/u],
    ['a list', 'How deep is Lake Ester, as bullet points?', 2, /^- .*\n- /u],
    ['a plan as a table', `${PLAN} Answer as a table.`, 3, /^\| Statement \| Source \|\n/u],
    ['a reply', 'What is 12 * 12?', 1, /144/u],
    ['Chinese', '云溪塔有多高？', 2, /^云溪塔高71米。\[1\]云溪塔/u],
  ])('add up to the answer: %s', async (_, question, sentences, text) => {
    const service = new AnswerService(stubParts(PAGES), OPTIONS);
    const answer = checked(await eventsOf(service, { question }));
    expect(answer.answer).toMatch(text);
    expect(answer.sentences).toHaveLength(sentences);
    // From the cache, with the same steps and warnings.
    const again = checked(await eventsOf(service, { question }));
    const { id: _id, timings_ms: _ms, ...kept } = again;
    expect(answer).toMatchObject(kept);
  });

  it('add up to the answer: a follow-up, from the pages that are known', async () => {
    let searches = 0;
    const stub = stubParts(PAGES);
    const service = new AnswerService(
      {
        ...stub,
        search: (...call) => {
          searches += 1;
          return stub.search(...call);
        },
        references: async (...call) => ({
          ...(await stub.references(...call)),
          answerability: 1,
          warnings: [{ code: 'model-missing', message: 'ranking without the embedder' }],
        }),
      },
      OPTIONS,
    );
    const first = checked(await eventsOf(service, { question: 'How deep is Lake Ester?' }));
    const messages = [
      { role: 'user', content: 'How deep is Lake Ester?' },
      { role: 'assistant', content: first.answer },
    ] as const;
    const second = checked(await eventsOf(service, { question: 'Where does it lie?', messages }));
    expect(second.answer).toContain('Lake Ester lies in the north.');
    expect(searches).toBe(1);
    // What opening a model reported concerns this answer too, though nothing was searched for.
    expect(second.warnings.map(({ code }) => code)).toEqual(['model-missing']);
  });

  it('carry what every part reported', async () => {
    const warning = (code: string) => ({ code, message: code });
    const stub = stubParts(PAGES);
    const service = new AnswerService(
      {
        ...stub,
        search: async (...call) => ({
          ...(await stub.search(...call)),
          warnings: [warning('search-captcha')],
        }),
        readPages: async (...call) => ({
          ...(await stub.readPages(...call)),
          failures: [
            { url: 'https://gone.example/', stage: 'fetch', code: 'fetch-failed', message: 'no' },
          ],
        }),
        generator: () =>
          Promise.resolve({ generator: null, warnings: [warning('model-self-check-failed')] }),
        judge: async (...call) => ({
          ...(await stub.judge(...call)),
          warnings: [warning('model-missing')],
        }),
      },
      { ...OPTIONS, drafts: 2 },
    );
    const codes = ['search-captcha', 'fetch-failed', 'model-self-check-failed', 'model-missing'];
    const answer = checked(await eventsOf(service, { question: 'How deep is Lake Ester?' }));
    expect(answer.warnings.map(({ code }) => code)).toEqual(codes);
    // Both halves of a plan met them; each is told once.
    const planned = checked(await eventsOf(service, { question: PLAN }));
    expect(planned.warnings.map(({ code }) => code)).toEqual([
      'search-captcha',
      'fetch-failed',
      'model-missing',
    ]);
  });
});

describe('messages about the last answer', () => {
  const MILLS = [
    {
      title: 'Talby mill',
      text: 'The mill at Talby was built in 1764. It ground rye for eleven villages until 1921. The miller was called Per Lund.',
    },
    {
      title: 'Enn mill',
      text: 'The mill at Enn was built in 1650. It still grinds barley for the brewery.',
    },
  ];
  const FIRST = 'When was the mill at Talby built?';
  const ANSWER = 'The mill at Talby was built in 1764.[1]';
  const LISTED = `${ANSWER}\n\nSources\n[1] Talby mill https://page-1.example/`;
  const after = (content: string) =>
    [
      { role: 'user', content: FIRST },
      { role: 'assistant', content },
    ] as const;

  it.each([
    [
      'What else does source [1] say?',
      /^It ground rye.*\[1\] The miller was called Per Lund\.\[1\]$/u,
    ],
    [
      'Put your last answer into one short sentence.',
      /^The mill at Talby was built in 1764\.\[1\]$/u,
    ],
    ['Are you certain of that?', /built in 1764/u],
    ['No, the mill at Enn is the one I meant.', /^The mill at Enn was built in 1650/u],
    ['And the one at Enn?', /^The mill at Enn was built in 1650/u],
  ])('%s', async (question, text) => {
    const service = new AnswerService(stubParts(MILLS), OPTIONS);
    const given = checked(await eventsOf(service, { question, messages: after(LISTED) }));
    expect(given.abstained).toBe(false);
    expect(given.answer).toMatch(text);
  });

  it('reads the source that is remembered, without a list of addresses', async () => {
    const service = new AnswerService(stubParts(MILLS), OPTIONS);
    const first = checked(await eventsOf(service, { question: FIRST }));
    const events = await eventsOf(service, {
      question: 'What else does source [1] say?',
      messages: after(first.answer),
    });
    expect(events.some(({ type }) => type === 'search-end' || type === 'page-end')).toBe(false);
    const { answer, references } = checked(events);
    expect(answer).toContain('It ground rye');
    expect(answer).not.toContain('1764');
    expect(new Set(references.map(({ title }) => title))).toEqual(new Set(['Talby mill']));
  });

  it('searches again when it is doubted, in spite of the cache', async () => {
    let searches = 0;
    const stub = stubParts(MILLS);
    const service = new AnswerService(
      { ...stub, search: (...call) => ((searches += 1), stub.search(...call)) },
      OPTIONS,
    );
    const first = checked(await eventsOf(service, { question: FIRST }));
    await eventsOf(service, { question: FIRST });
    expect(searches).toBe(1);
    const again = await eventsOf(service, {
      question: 'Are you sure?',
      messages: after(first.answer),
    });
    expect(checked(again).answer).toBe(first.answer);
    expect(searches).toBe(2);
  });
});

describe('a question without a word', () => {
  it.each(['', '   ', '\u200B', '\uFEFF\u00A0', '?!', '…'])('%j is refused', async (question) => {
    const service = new AnswerService(stubParts(PAGES), OPTIONS);
    await expect(eventsOf(service, { question })).rejects.toMatchObject({ code: 'bad-request' });
  });
});
