/** The bound on how many questions may wait, with the service's own queue. */
import { describe, expect, it } from 'vitest';
import type { PipelineParts } from './pipeline-parts.ts';
import { AnswerService } from './answer-service.ts';
import { FootnoteError } from '../core/errors.ts';

/** A web that stays silent until it is told to fail: all that the queue needs. */
function silentWeb(): { readonly parts: PipelineParts; readonly fail: () => void } {
  const waiting: (() => void)[] = [];
  const search = (): Promise<never> =>
    new Promise((_, reject) => {
      waiting.push(() => reject(new FootnoteError('search-failed', 'the web was silent')));
    });
  return {
    parts: { search } as unknown as PipelineParts,
    fail: () => {
      for (const end of waiting.splice(0)) end();
    },
  };
}

const OPTIONS = {
  maxResults: 3,
  maxReferences: 3,
  drafts: 0,
  generateTimeoutMs: 1_000,
  maxConcurrent: 1,
  maxWaitSeconds: 15,
  answerCacheSeconds: 0,
};

const COLD = { timeout: 20_000 };

/** The code of the error that a question ends with. */
async function codeOf(service: AnswerService, question: string): Promise<string> {
  try {
    for await (const _ of service.answer({ question }, { signal: AbortSignal.timeout(20_000) }));
  } catch (error) {
    return error instanceof FootnoteError ? error.code : String(error);
  }
  return 'answered';
}

describe('AnswerService', () => {
  it.each([0, 1])('lets %i wait beside the one that runs', async (maxQueued) => {
    const { parts, fail } = silentWeb();
    const service = new AnswerService(parts, { ...OPTIONS, maxQueued });
    const accepted = Array.from({ length: 1 + maxQueued }, (_, index) =>
      codeOf(service, `How deep is lake ${index}?`),
    );
    // The first question of a process loads the language models.
    await expect.poll(() => service.load, COLD).toEqual({ running: 1, waiting: maxQueued });
    expect(await codeOf(service, 'How deep is another lake?')).toBe('overloaded');
    const ended = Promise.all(accepted);
    while (service.load.running > 0) {
      fail();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // Both got as far as the web: none was refused.
    expect(new Set(await ended)).toEqual(new Set(['search-failed']));
    const again = codeOf(service, 'How deep is a third lake?');
    await expect.poll(() => service.load.running, COLD).toBe(1);
    fail();
    expect(await again).toBe('search-failed');
  });
});
