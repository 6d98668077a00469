/**
 * Plain systems beside ours, over what our run found for the same question, so that a difference is
 * in the answering alone:
 *
 * - `plain-rag`: the same model, our references in one prompt, its greedy text unchecked
 * - `plain-rag-bm25`: the same over the five best of all 130-word passages of the pages read, by BM25
 * - `quotations`: the product without drafts
 * - `references`: all references pasted, word for word: what nothing can be in an answer beyond
 */
import { performance } from 'node:perf_hooks';
import type { PipelineParts } from '../../../src/answer/pipeline-parts.ts';
import { draftOf } from '../../../src/core/draft-of.ts';
import type { Answer, Document, Draft, Prompt, Reference } from '../../../src/core/nouns.ts';
import type { CallOptions } from '../../../src/core/seams.ts';
import { terms } from '../../../src/core/tokens.ts';
import { copiedPassage, uncheckedAnswer } from './plain-answers.ts';

export const PLAIN_SYSTEMS = ['plain-rag', 'plain-rag-bm25', 'quotations', 'references'] as const;
export type PlainSystem = (typeof PLAIN_SYSTEMS)[number];

/** What our run found for one question. */
export interface Found {
  readonly documents: readonly Document[];
  readonly references: readonly Reference[];
  readonly answerability: number;
}

/** Longest text of one reference in the prompt, in characters; a Han character says more. */
const MOST_CHARACTERS = 900;
const MOST_HAN_CHARACTERS = 350;
const MOST_TOKENS = 300;
const PASSAGE_WORDS = 130;
const PASSAGES = 5;

/** One prompt for all: what front ends of local models send, more or less. */
function plainPrompt(
  question: { readonly text: string; readonly language: string },
  texts: readonly { readonly title: string; readonly text: string }[],
): Prompt {
  const sources = texts
    .map(({ title, text }, index) => {
      const most = /\p{Script=Han}/u.test(text) ? MOST_HAN_CHARACTERS : MOST_CHARACTERS;
      return `Source ${index + 1}${title === '' ? '' : ` (${title})`}: ${text.slice(0, most)}`;
    })
    .join('\n\n');
  const content =
    question.language === 'zh'
      ? `${sources}\n\n问题：${question.text}\n请只根据以上资料，用一到四句话完整、直接地回答。`
      : `${sources}\n\nQuestion: ${question.text}\nAnswer completely and directly from the sources in one to four sentences, in the language of the question.`;
  return { kind: 'chat', messages: [{ role: 'user', content }] };
}

/** Passages of some 130 words, whole blocks where they fit. */
function wordPassages(document: Document): { readonly title: string; readonly text: string }[] {
  const passages: string[] = [];
  let words: string[] = [];
  for (const block of document.text.split(/\n{2,}/u)) {
    for (const word of block.split(/\s+/u)) {
      words.push(word);
      if (words.length >= PASSAGE_WORDS) {
        passages.push(words.join(' '));
        words = [];
      }
    }
  }
  if (words.length > 0) passages.push(words.join(' '));
  return passages.map((text) => ({ title: document.title, text }));
}

/** Plain BM25 (k1 1.2, b 0.75) over texts: the best, best first. */
export function bestByWords<Text extends { readonly title: string; readonly text: string }>(
  question: string,
  texts: readonly Text[],
  most: number,
): Text[] {
  const indexed = texts.map((one) => {
    const counts = new Map<string, number>();
    const all = terms(`${one.title}\n${one.text}`, { stem: true });
    for (const term of all) counts.set(term, (counts.get(term) ?? 0) + 1);
    return { one, counts, length: all.length };
  });
  const mean = indexed.reduce((sum, { length }) => sum + length, 0) / Math.max(1, indexed.length);
  const wanted = [...new Set(terms(question, { stem: true }))].map((term) => {
    const n = indexed.filter(({ counts }) => counts.has(term)).length;
    return { term, idf: Math.log(1 + (indexed.length - n + 0.5) / (n + 0.5)) };
  });
  return indexed
    .map(({ one, counts, length }) => {
      let score = 0;
      for (const { term, idf } of wanted) {
        const count = counts.get(term) ?? 0;
        score += (idf * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * length) / mean));
      }
      return { one, score };
    })
    .toSorted((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ one }) => one);
}

/**
 * The system's answer to a question our run has answered before; null for `quotations`, which the
 * product itself gives. `base` is our own answer: its references stay, and its times up to ranking.
 * @throws FootnoteError of the generator
 */
export async function plainAnswer(
  system: Exclude<PlainSystem, 'quotations'>,
  base: Answer,
  found: Found,
  parts: Pick<PipelineParts, 'generator'>,
  options: CallOptions,
): Promise<Answer> {
  const started = performance.now();
  const { references, documents } = found;
  const { search, fetch, extract, rank } = base.timings_ms;
  const finish = (
    draft: Draft | null,
    cited: Pick<Answer, 'answer' | 'sentences'> | null,
    model: string,
  ): Answer => {
    const generate = performance.now() - started;
    return {
      ...base,
      answer: cited?.answer ?? '',
      sentences: cited?.sentences ?? [],
      abstained: cited === null || cited.answer.trim() === '',
      model,
      score: null,
      warnings: [],
      usage: {
        prompt_tokens: draft?.promptTokens ?? 0,
        completion_tokens: draft?.completionTokens ?? 0,
      },
      timings_ms: {
        ...base.timings_ms,
        generate,
        score: 0,
        total: search + fetch + extract + rank + generate,
      },
    };
  };
  if (system === 'references') {
    const pieces = references.flatMap((one) => copiedPassage(one).cited.sentences);
    const answer = pieces.map(({ text }) => text).join(' ');
    return finish(null, references.length === 0 ? null : { answer, sentences: pieces }, 'none');
  }
  const texts =
    system === 'plain-rag'
      ? references
      : bestByWords(base.question, documents.flatMap(wordPassages), PASSAGES);
  const { generator } = await parts.generator(options);
  if (generator === null || texts.length === 0) return finish(null, null, 'none');
  const [draft] = await generator.generate(
    plainPrompt({ text: base.question, language: base.language }, texts),
    { ...options, drafts: 1, maxTokens: MOST_TOKENS, temperature: 0, topP: 1, topK: 1, seed: 0 },
  );
  const { cited } = uncheckedAnswer(draft ?? draftOf(''), references);
  return finish(draft ?? null, cited, generator.model);
}
