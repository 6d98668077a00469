/** The text of an answer, made sentence by sentence: the one place where sentences get their marks. */
import { gapBetween } from '../../core/join-sentences.ts';
import type { CitedSentence } from '../../core/nouns.ts';
import type { LooseSentence } from '../answer-body.ts';
import type { SpokenAnswer } from '../pipeline-parts.ts';
import type { AnswerStyle } from '../understand/answer-style.ts';

export interface TextForm {
  /** Undefined: running text. */
  readonly shape?: AnswerStyle['shape'] | undefined;
  /** BCP 47 primary subtag: decides the words of a table's head. */
  readonly language: string;
}

const HEADS: Readonly<Record<string, string>> = {
  en: '| Statement | Source |',
  zh: '| 内容 | 来源 |',
};

/** `Sentence.[1][2] Next.[1]`: the marks follow the full stop, `CitedSentence.end` is before them. */
export class AnswerText {
  readonly #form: TextForm;
  readonly #sentences: CitedSentence[] = [];
  #text = '';

  constructor(form: TextForm) {
    this.#form = form;
  }

  get answer(): string {
    return this.#text;
  }

  get sentences(): readonly CitedSentence[] {
    return this.#sentences;
  }

  /** Puts a sentence at the end; returns what the text has grown by. */
  add({ text, citations, before }: LooseSentence): string {
    const { shape } = this.#form;
    const last = this.#sentences.at(-1);
    const gap =
      last === undefined ? '' : shape === undefined ? gapOf(last.text, text, before) : '\n';
    const shown = shaped(text, this.#form, this.#sentences.length);
    const start = this.#text.length + gap.length;
    const numbers = [...new Set(citations.map(({ reference }) => reference))].sort((a, b) => a - b);
    const marks = numbers.map((number) => `[${number}]`).join('');
    // A cell of its own for the mark.
    const delta = `${gap}${shown}${shape === 'table' && marks !== '' ? ' ' : ''}${marks}`;
    this.#text += delta;
    this.#sentences.push({ text: shown, start, end: start + shown.length, citations });
    return delta;
  }
}

const gapOf = (last: string, next: string, before: string | undefined): string =>
  before ?? gapBetween(last, next);

/** A whole text at once. */
export function textOf(sentences: readonly LooseSentence[], form: TextForm): SpokenAnswer {
  const text = new AnswerText(form);
  for (const sentence of sentences) text.add(sentence);
  return { answer: text.answer, sentences: text.sentences };
}

/** The sentences of a text without their places; what is not a mark between two of them stays. */
export function looseSentences({ answer, sentences }: SpokenAnswer): LooseSentence[] {
  return sentences.map(({ text, start, citations }, index) => {
    const end = sentences[index - 1]?.end;
    if (end === undefined) return { text, citations };
    return { text, citations, before: answer.slice(end, start).replace(/\[\d+\]/gu, '') };
  });
}

function shaped(text: string, { shape, language }: TextForm, index: number): string {
  if (shape === undefined) return text;
  const line = text.replace(/\s*\n\s*/gu, ' ');
  if (shape === 'bullets') return `- ${line}`;
  if (shape === 'numbers') return `${index + 1}. ${line}`;
  const row = `| ${line.replaceAll('|', String.raw`\|`)} |`;
  return index === 0 ? `${HEADS[language] ?? HEADS['en']}\n| --- | --- |\n${row}` : row;
}
