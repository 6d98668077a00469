/** The choices of a chat completion: an answer and its alternatives, cut and shaped as was asked. */
import type { Answer, AnswerReference, CitedSentence } from '../core/nouns.ts';
import { answerWithin } from './chat-limit.ts';
import type { ChatRequest } from './chat-request.ts';
import type { UrlCitation } from './chat-schemas.ts';
import { jsonAnswer } from './json-answer.ts';

export interface Choice {
  /** Null where the asked JSON cannot be filled; `refusal` then says why. */
  readonly content: string | null;
  readonly refusal: string | null;
  readonly annotations: UrlCitation[];
  readonly finishReason: 'stop' | 'length';
}

type Spoken = Pick<Answer, 'answer' | 'sentences'>;

/** One choice for each different text, at most `request.n`; the best answer first. */
export function chatChoices(
  answer: Answer,
  alternatives: readonly Spoken[],
  request: Pick<ChatRequest, 'n' | 'stop' | 'jsonSchema' | 'maxTokens'>,
): Choice[] {
  const choices: Choice[] = [];
  for (const spoken of [answer, ...alternatives]) {
    if (choices.length === request.n) break;
    const choice = choiceOf({ ...answer, ...spoken }, request);
    if (!choices.some(({ content }) => content === choice.content)) choices.push(choice);
  }
  return choices;
}

function choiceOf(
  answer: Answer,
  { stop, jsonSchema, maxTokens }: Pick<ChatRequest, 'stop' | 'jsonSchema' | 'maxTokens'>,
): Choice {
  if (jsonSchema !== null) {
    const made = jsonAnswer(answer, jsonSchema);
    if ('refusal' in made) {
      return { content: null, refusal: made.refusal, annotations: [], finishReason: 'stop' };
    }
    const { content } = made;
    const annotations = urlCitations(answer.sentences, answer.references).map(
      ({ sentence, url_citation }): UrlCitation => ({
        type: 'url_citation',
        url_citation: { ...url_citation, ...placeIn(content, sentence.text) },
      }),
    );
    return { content, refusal: null, annotations, finishReason: 'stop' };
  }
  const shown = answerWithin(answer, maxTokens);
  const end = stopAt(shown.content, stop);
  const stopped = end < shown.content.length;
  const sentences = shown.sentences.filter((sentence) => sentence.end <= end);
  return {
    content: shown.content.slice(0, end),
    refusal: null,
    annotations: urlCitations(sentences, answer.references).map(({ type, url_citation }) => ({
      type,
      url_citation,
    })),
    finishReason: shown.whole || stopped ? 'stop' : 'length',
  };
}

/** Where the first stop text begins; the text's length where there is none. */
export function stopAt(text: string, stop: readonly string[]): number {
  const found = stop.map((one) => text.indexOf(one)).filter((index) => index >= 0);
  return Math.min(text.length, ...found);
}

/** The sentence's words within the JSON text; the whole of it where they are spread over fields. */
function placeIn(
  content: string,
  sentence: string,
): { readonly start_index: number; readonly end_index: number } {
  const escaped = JSON.stringify(sentence).slice(1, -1);
  const start = content.indexOf(escaped);
  return start < 0
    ? { start_index: 0, end_index: content.length }
    : { start_index: start, end_index: start + escaped.length };
}

/**
 * One annotation for each quote, over the sentence that it supports. Clients that number sources as
 * they come (Open WebUI makes one of each URL) shall show the numbers of the text: the first quote of
 * each reference comes first, in the order of numbers, and further quotes of one page after them all.
 */
function urlCitations(
  sentences: readonly CitedSentence[],
  references: readonly AnswerReference[],
): (UrlCitation & { readonly sentence: CitedSentence })[] {
  const seen = new Set<number>();
  return sentences
    .flatMap((sentence) => sentence.citations.map((citation) => ({ sentence, citation })))
    .map((one) => {
      const again = seen.has(one.citation.reference);
      seen.add(one.citation.reference);
      return { ...one, again: Number(again) };
    })
    .sort((a, b) => a.again - b.again || a.citation.reference - b.citation.reference)
    .map(({ sentence, citation }) => ({
      sentence,
      type: 'url_citation',
      url_citation: {
        start_index: sentence.start,
        end_index: sentence.end,
        url: citation.url,
        title: references[citation.reference - 1]?.title ?? '',
      },
    }));
}
