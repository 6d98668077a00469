/** "What else does source [1] say?": further sentences of that page, to the letter. */
import type { Document, Question } from '../../core/nouns.ts';
import { splitSentences } from '../../core/sentences.ts';
import { Stopwatch } from '../../core/stopwatch.ts';
import type { AnswerBody, AnswerWork, LooseSentence } from '../answer-body.ts';
import { findReferences, type FoundReferences } from '../find-references.ts';
import type { PipelineOptions, PipelineParts } from '../pipeline-parts.ts';
import { looseSentences } from '../present/answer-text.ts';
import { foreignWarnings } from '../present/foreign-warnings.ts';
import { publicReference } from '../present/public-reference.ts';
import { keywordsOf } from '../understand/content-words.ts';

const MOST_SENTENCES = 3;
/** In code units: shorter ones are headings and captions, longer ones tables. */
const LEAST_CHARACTERS = 12;
const MOST_CHARACTERS = 500;
/** A sentence of which this share of the words was said is not said again. */
const SAID_SHARE = 0.7;

/**
 * @param question the one whose answer rested on the page: its passages are the nearest ones
 * @param said the answer so far, of which nothing is repeated
 */
export async function* quoteSource(
  question: Question,
  page: Document,
  said: string,
  parts: PipelineParts,
  options: PipelineOptions,
): AnswerWork {
  const watch = new Stopwatch();
  const known = { ...options, readBefore: [page], onlyKnown: true };
  const found = yield* findReferences(question, parts, known, watch);
  const more = furtherSentences(found, said, (url, quote) => parts.linkTo(url, quote));
  const abstained = more.length === 0;
  const sentences = abstained
    ? looseSentences(parts.abstention(question, found.references))
    : more.slice(0, MOST_SENTENCES);
  const body: AnswerBody = {
    abstained,
    sentences,
    references: found.references.map(publicReference),
    score: null,
    model: 'extractive',
    usage: { prompt_tokens: 0, completion_tokens: 0 },
    timings_ms: watch.timings(),
    warnings: abstained
      ? found.warnings
      : [...found.warnings, ...foreignWarnings(question, sentences, found.references)],
    steps: [],
    alternatives: abstained ? [] : [more],
    read: [page],
  };
  return body;
}

/** The sentences of the references that were not said yet, in their order, each cited to the letter. */
function furtherSentences(
  { references }: FoundReferences,
  said: string,
  linkTo: PipelineParts['linkTo'],
): LooseSentence[] {
  const heard = new Set(keywordsOf(said));
  const texts = new Set<string>();
  return references.flatMap(({ number, text, url }) =>
    splitSentences(text).flatMap(({ start, end }): LooseSentence[] => {
      const quote = text.slice(start, end);
      const words = keywordsOf(quote);
      const known = words.filter((word) => heard.has(word)).length;
      const fits = quote.length >= LEAST_CHARACTERS && quote.length <= MOST_CHARACTERS;
      if (!fits || /[?？:：]$/u.test(quote) || quote.includes('\n') || texts.has(quote)) return [];
      if (words.length === 0 || known >= SAID_SHARE * words.length) return [];
      texts.add(quote);
      const citation = {
        reference: number,
        quote,
        start,
        end,
        url: linkTo(url, quote),
        support: 1,
      };
      return [{ text: quote, citations: [citation] }];
    }),
  );
}
