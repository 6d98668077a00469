/** Sentences are told while the draft is being written, each after its check, and none is taken back. */
import { describe, expect, it } from 'vitest';
import { draftOf } from '../../core/draft-of.ts';
import type { GenerateOptions } from '../../core/seams.ts';
import { AnswerService } from '../answer-service.ts';
import type { CheckedUnit, PipelineParts, Writer } from '../pipeline-parts.ts';
import { stubParts } from '../testing/stub-parts.ts';

const PAGE = {
  title: 'The Norra bridge',
  text: 'The Norra bridge fell because its bolts had rusted. Salt from the road had eaten the steel. Nobody was hurt.',
};
const OPTIONS = {
  maxResults: 5,
  maxReferences: 5,
  drafts: 2,
  generateTimeoutMs: 5_000,
  maxConcurrent: 2,
  maxQueued: 2,
  maxWaitSeconds: 30,
  answerCacheSeconds: 0,
};

/** Supported is what the page says word for word; for the rest the page's first sentence is offered. */
const writer: Writer = {
  prompt: (question) => ({ prompt: { kind: 'completion', text: question.text }, maxTokens: 100 }),
  check: ({ units, references }) =>
    Promise.resolve(
      units.map(({ text }): CheckedUnit => {
        const [source] = references;
        const start = source?.text.indexOf(text) ?? -1;
        const cite = (from: number, quote: string) => [
          { reference: 1, quote, start: from, end: from + quote.length, url: 'u', support: 1 },
        ];
        return start >= 0
          ? {
              verdict: 'supported',
              support: 1,
              sentence: { text, citations: cite(start, text) },
              quotation: null,
            }
          : { verdict: 'unsupported', support: 0, sentence: null, quotation: null };
      }),
    ),
};

function generating(
  write: (options: GenerateOptions) => Promise<readonly string[]>,
): Partial<PipelineParts> {
  const generator = {
    model: 'stub',
    generate: async (_: unknown, options: GenerateOptions) =>
      (await write(options)).map((text) => draftOf(text)),
  };
  return { writer, generator: () => Promise.resolve({ generator, warnings: [] }) };
}

async function run(own: Partial<PipelineParts>, question: string, onText?: (text: string) => void) {
  const service = new AnswerService(stubParts([PAGE], own), OPTIONS);
  const { signal } = new AbortController();
  const deltas: string[] = [];
  for await (const event of service.answer({ question }, { signal })) {
    if (event.type === 'answer-delta') {
      deltas.push(event.text);
      onText?.(event.text);
    }
    if (event.type === 'answer-end') return { deltas, answer: event.answer };
  }
  throw new Error('no end');
}

describe('writing first', () => {
  const question = 'Why did the Norra bridge fall?';

  it('tells a sentence before the next one is written', async () => {
    let shown: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      shown = resolve;
    });
    const { answer, deltas } = await run(
      generating(async ({ onDelta }) => {
        onDelta?.(0, 'The Norra bridge fell because its bolts had rusted. S');
        // Goes on only once the first sentence is shown.
        await first;
        onDelta?.(0, 'alt from the road had eaten the steel.');
        return ['(the whole text)', ''];
      }),
      question,
      () => shown(),
    );
    expect(deltas[0]).toBe('The Norra bridge fell because its bolts had rusted.[1]');
    expect(answer.answer).toBe(
      'The Norra bridge fell because its bolts had rusted.[1] Salt from the road had eaten the steel.[1]',
    );
    expect(answer.model).toBe('stub');
  });

  it('cuts what is not supported, and takes points of the other draft', async () => {
    const { answer } = await run(
      generating(({ onDelta }) => {
        const text = 'The Norra bridge fell because its bolts had rusted. It fell in 1764.';
        onDelta?.(0, text);
        return Promise.resolve([text, 'Salt from the road had eaten the steel.']);
      }),
      question,
    );
    expect(answer.answer).not.toContain('1764');
    expect(answer.sentences.map(({ text }) => text)).toEqual([
      'The Norra bridge fell because its bolts had rusted.',
      'Salt from the road had eaten the steel.',
    ]);
  });

  it('falls back to quotations where nothing written is supported, or the model fails', async () => {
    for (const own of [
      generating(() => Promise.resolve(['It fell in 1764.'])),
      generating(() => Promise.reject(new Error('out of memory'))),
    ]) {
      const { answer } = await run(own, question);
      expect(answer.abstained).toBe(false);
      expect(answer.answer).toContain('The Norra bridge fell because its bolts had rusted.[1]');
    }
  });

  it('holds its text where the ranker doubts, and shows none that does not answer', async () => {
    const doubting = (text: string): Partial<PipelineParts> => ({
      ...generating(({ onDelta }) => {
        onDelta?.(0, text);
        return Promise.resolve([text]);
      }),
      judge: () => Promise.resolve({ best: null, abstained: true, confidence: 0.2 }),
    });
    const shown = await run(
      doubting('The Norra bridge fell because its bolts had rusted.'),
      question,
    );
    expect(shown.answer.abstained).toBe(false);
    const other = await run(doubting('Nobody was hurt.'), 'Why did the architect leave Norra?');
    expect(other.answer.abstained).toBe(true);
    expect(other.answer.answer).toBe('The sources hold no answer.');
  });
});
