/**
 * A question over sources in another language: it is asked in theirs, so that writing and checking happen
 * in one language, and each checked sentence is then told in the asker's. The citations stay the sources'
 * own words. A sentence whose translation would lose a number or name stays as it is.
 */
import type { Question, Reference } from '../../core/nouns.ts';
import type { Stopwatch } from '../../core/stopwatch.ts';
import type { AnswerWork, LooseSentence } from '../answer-body.ts';
import type { FoundReferences } from '../find-references.ts';
import type { PipelineOptions, PipelineParts } from '../pipeline-parts.ts';
import { looseSentences } from '../present/answer-text.ts';
import { writeAnswer } from '../write-answer.ts';

/** Languages that questions are translated into. */
type SourceLanguage = 'en' | 'zh';

/** The language of all references, where it is not the question's and questions can be put into it. */
export function sourceLanguage(
  question: Pick<Question, 'language'>,
  references: readonly Pick<Reference, 'language'>[],
): SourceLanguage | null {
  const languages = new Set(references.map(({ language }) => language));
  const [only] = languages;
  if (languages.size !== 1 || only === question.language) return null;
  return only === 'en' || only === 'zh' ? only : null;
}

/** @throws FootnoteError as `writeAnswer` */
export async function* writeAcrossLanguages(
  question: Question,
  found: FoundReferences,
  parts: PipelineParts,
  options: PipelineOptions,
  watch: Stopwatch,
): AnswerWork {
  const { translate } = parts;
  const { signal } = options;
  const source = sourceLanguage(question, found.references);
  if (translate === undefined || source === null || options.drafts === 0) {
    return yield* writeAnswer(question, found, parts, options, watch);
  }
  const asked = await watch.time('generate', () =>
    translate.question(question.text, source, { signal }),
  );
  if (asked === null) return yield* writeAnswer(question, found, parts, options, watch);
  const inner = writeAnswer(
    { ...question, text: asked, language: source },
    found,
    // Said below, in the asker's language.
    { ...parts, abstention: () => ({ answer: '', sentences: [] }) },
    options,
    watch,
  );
  const told: LooseSentence[] = [];
  const inOwn = async (sentence: LooseSentence): Promise<LooseSentence> => {
    const text = await watch.time('generate', () =>
      translate.sentence(sentence.text, question.language, { signal }),
    );
    return text === null ? sentence : { ...sentence, text };
  };
  try {
    for (;;) {
      const next = await inner.next();
      if (next.done === true) {
        const body = next.value;
        if (body.abstained) {
          const own = looseSentences(parts.abstention(question, found.references));
          for (const sentence of own) yield { type: 'sentence', sentence };
          return { ...body, sentences: own };
        }
        return { ...body, sentences: told, alternatives: [] };
      }
      const event = next.value;
      if (event.type !== 'sentence') yield event;
      else {
        const sentence = await inOwn(event.sentence);
        told.push(sentence);
        yield { type: 'sentence', sentence };
      }
    }
  } finally {
    await inner.return(undefined as never);
  }
}
