import { describe, expect, it } from 'vitest';
import { AnswerService } from '../answer-service.ts';
import type { PipelineParts } from '../pipeline-parts.ts';
import { stubParts } from '../testing/stub-parts.ts';
import { sourceLanguage } from './across-languages.ts';

const PAGE = { title: 'Talby mill', text: 'The mill at Talby was built in 1764. It ground rye.' };
const OPTIONS = {
  maxResults: 5,
  maxReferences: 5,
  drafts: 1,
  generateTimeoutMs: 5_000,
  maxConcurrent: 2,
  maxQueued: 2,
  maxWaitSeconds: 30,
  answerCacheSeconds: 0,
};
const ASKED = 'Wann wurde die Mühle in Talby gebaut?';

async function answerOf(own: Partial<PipelineParts>) {
  const service = new AnswerService(stubParts([PAGE], own), OPTIONS);
  const { signal } = new AbortController();
  for await (const event of service.answer({ question: ASKED, language: 'de' }, { signal })) {
    if (event.type === 'answer-end') return event.answer;
  }
  throw new Error('no end');
}

const translate: NonNullable<PipelineParts['translate']> = {
  question: () => Promise.resolve('When was the mill at Talby built?'),
  sentence: (text) =>
    Promise.resolve(text.includes('1764') ? 'Die Mühle in Talby wurde 1764 gebaut.' : null),
};

describe('sources in another language', () => {
  it('are asked in theirs, and answered in the asker’s, with their own words as quotes', async () => {
    const answer = await answerOf({ translate });
    expect(answer.language).toBe('de');
    expect(answer.sentences[0]?.text).toBe('Die Mühle in Talby wurde 1764 gebaut.');
    expect(answer.sentences[0]?.citations[0]?.quote).toBe('The mill at Talby was built in 1764.');
    // What would lose a fact stays as it is.
    expect(answer.sentences[1]?.text).toBe('It ground rye.');
  });

  it('say in the asker’s language that they hold nothing', async () => {
    const answer = await answerOf({
      translate,
      judge: () => Promise.resolve({ best: null, abstained: true }),
      abstention: ({ language }) => {
        const text = language === 'de' ? 'Nichts gefunden.' : 'Nothing found.';
        return { answer: text, sentences: [{ text, start: 0, end: text.length, citations: [] }] };
      },
    });
    expect(answer).toMatchObject({ abstained: true, answer: 'Nichts gefunden.' });
  });

  it('are told by the language of all references', () => {
    const references = [{ language: 'en' }, { language: 'en' }];
    expect(sourceLanguage({ language: 'de' }, references)).toBe('en');
    expect(sourceLanguage({ language: 'en' }, references)).toBeNull();
    expect(sourceLanguage({ language: 'de' }, [...references, { language: 'de' }])).toBeNull();
    expect(sourceLanguage({ language: 'en' }, [{ language: 'fr' }])).toBeNull();
  });
});
