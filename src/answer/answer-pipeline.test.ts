/** The pipeline over stub parts: what a generator's failure costs, and where other answers come from. */
import { describe, expect, it } from 'vitest';
import { draftOf } from '../core/draft-of.ts';
import { FootnoteError } from '../core/errors.ts';
import type { Draft, Question } from '../core/nouns.ts';
import type { Generator } from '../core/seams.ts';
import type { AnswerBody } from './answer-body.ts';
import { answerQuestion } from './answer-pipeline.ts';
import { returnOf } from './last-answer.ts';
import type { PipelineOptions, PipelineParts } from './pipeline-parts.ts';
import { stubParts } from './testing/stub-parts.ts';

const PAGES = [
  { title: 'Lake Ester', text: 'Lake Ester is 120 metres deep. Boats cross it daily.' },
];
const question: Question = {
  text: 'How deep is Lake Ester?',
  language: 'en',
  askedAt: '2026-01-15T00:00:00Z',
  sites: [],
};
const options = (more: Partial<PipelineOptions> = {}): PipelineOptions => ({
  signal: AbortSignal.timeout(20_000),
  maxResults: 5,
  maxReferences: 5,
  drafts: 2,
  generateTimeoutMs: 10_000,
  seed: 0,
  ...more,
});
const run = (parts: PipelineParts, more: Partial<PipelineOptions> = {}): Promise<AnswerBody> =>
  returnOf(answerQuestion(question, parts, options(more)));
const withGenerator = (generate: Generator['generate']): PipelineParts =>
  stubParts(PAGES, {
    generator: () => Promise.resolve({ generator: { model: 'stub', generate }, warnings: [] }),
  });
const codesOf = ({ warnings }: AnswerBody): string[] => warnings.map(({ code }) => code);

describe('a generator that fails', () => {
  it.each([
    ['when it is opened', new FootnoteError('model-download-failed', 'no hub')],
    ['for want of memory', new Error('out of memory')],
  ])('costs its drafts, not the answer: %s', async (_, error) => {
    const body = await run(stubParts(PAGES, { generator: () => Promise.reject(error) }));
    expect(body.sentences[0]?.text).toBe('Lake Ester is 120 metres deep.');
    expect(body.model).toBe('extractive');
    expect(body.usage).toEqual({ prompt_tokens: 0, completion_tokens: 0 });
    expect(codesOf(body)).toEqual([error instanceof FootnoteError ? error.code : 'internal']);
    expect(body.warnings[0]?.message).toContain(`the generator failed: ${error.message}`);
  });

  it('costs its drafts when it takes too long', async () => {
    const parts = withGenerator((_, { signal }) => {
      const never = new Promise<never>((__, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
      return never;
    });
    const body = await run(parts, { generateTimeoutMs: 20 });
    expect(codesOf(body)).toEqual(['timeout']);
    expect(body.abstained).toBe(false);
  });

  it('keeps what opening it reported next to its failure', async () => {
    const generator: Generator = {
      model: 'stub',
      generate: () => Promise.reject(new FootnoteError('worker-crashed', 'gone')),
    };
    const warnings = [{ code: 'model-self-check-failed', message: 'another was passed over' }];
    const parts = stubParts(PAGES, { generator: () => Promise.resolve({ generator, warnings }) });
    expect(codesOf(await run(parts))).toEqual(['model-self-check-failed', 'worker-crashed']);
  });

  it('ends the request where the generator is at its limit', async () => {
    const parts = withGenerator(() => Promise.reject(new FootnoteError('overloaded', 'full')));
    await expect(run(parts)).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('ends the request when the client has gone', async () => {
    const stop = new AbortController();
    const parts = withGenerator(() => {
      stop.abort(new FootnoteError('cancelled', 'gone'));
      return Promise.reject(stop.signal.reason as Error);
    });
    await expect(run(parts, { signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('is not asked without drafts, nor without references', async () => {
    let asked = 0;
    const generator: PipelineParts['generator'] = () => {
      asked += 1;
      return Promise.resolve({ generator: null, warnings: [] });
    };
    await run(stubParts(PAGES, { generator }), { drafts: 0 });
    const nothing = await run(stubParts([], { generator }));
    expect(asked).toBe(0);
    expect(nothing.abstained).toBe(true);
  });
});

describe('alternatives', () => {
  /** Judges by the first draft's text: each draft by itself is another answer. */
  function judging(known: readonly string[]): { parts: PipelineParts; judged: string[][] } {
    const judged: string[][] = [];
    const stub = stubParts(PAGES);
    const scored = async (text: string, ...call: Parameters<PipelineParts['judge']>) => {
      const { best } = await stub.judge(...call);
      if (best === null) throw new Error('nothing to cite');
      const [sentence] = best.cited.sentences;
      if (sentence === undefined) throw new Error('no sentence');
      const cited = {
        ...best.cited,
        answer: `${text}[1]`,
        sentences: [{ ...sentence, text, start: 0, end: text.length }],
      };
      return { ...best, cited };
    };
    const drafts: Draft[] = ['It is 120 m deep.', 'It is 120 m deep.', 'Ester is 120 m deep.'].map(
      (text) => draftOf(text),
    );
    const parts: PipelineParts = {
      ...stub,
      generator: () =>
        Promise.resolve({
          generator: { model: 'stub', generate: () => Promise.resolve(drafts) },
          warnings: [],
        }),
      judge: async (input, call) => {
        const texts = input.drafts.map(({ text }) => text);
        judged.push(texts);
        const best = await scored(texts[0] ?? '', input, call);
        const candidates = await Promise.all(known.map((text) => scored(text, input, call)));
        return { best, abstained: false, candidates };
      },
    };
    return { parts, judged };
  }
  const textsOf = ({ alternatives }: AnswerBody): string[][] =>
    alternatives.map((one) => one.map(({ text }) => text));

  it('are the other candidates, each text once, the answer itself left out', async () => {
    const { parts, judged } = judging(['It is 120 m deep.', 'Deep: 120 m.', 'Deep: 120 m.']);
    const body = await run(parts);
    expect(textsOf(body)).toEqual([['Deep: 120 m.']]);
    expect(judged).toHaveLength(1);
  });

  it('are looked for draft by draft where fewer came than were asked for', async () => {
    const { parts, judged } = judging([]);
    const body = await run(parts, { alternatives: 2 });
    expect(textsOf(body)).toEqual([['Ester is 120 m deep.']]);
    // All drafts together with the quotation first, then each by itself.
    expect(judged.map((texts) => texts.length)).toEqual([4, 1, 1, 1]);
  });

  it('of an abstention there are none', async () => {
    const { parts } = judging(['Deep: 120 m.']);
    const withheld: PipelineParts = {
      ...parts,
      judge: async (...call) => ({ ...(await parts.judge(...call)), abstained: true }),
    };
    const body = await run(withheld, { alternatives: 2 });
    expect(body.abstained).toBe(true);
    expect(body.alternatives).toEqual([]);
    expect(body.score).toBeNull();
  });
});

describe('references', () => {
  it('leave out excluded hosts, and all below them', async () => {
    const two = [...PAGES, { title: 'Lake Ester again', text: 'Lake Ester is deep.' }];
    const asked = { ...question, excludedSites: ['page-1.example'] };
    const body = await returnOf(answerQuestion(asked, stubParts(two), options({ drafts: 0 })));
    expect(body.references.map(({ site }) => site)).toEqual(['page-2.example']);
  });
});
