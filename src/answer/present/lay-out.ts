import type { CitedSentence } from '../../core/nouns.ts';
import type { AnswerStyle } from '../understand/answer-style.ts';

const HEADS: Readonly<Record<string, string>> = {
  en: '| Statement | Source |',
  zh: '| 内容 | 来源 |',
};

/** Puts sentences together again; each one's mark follows it, and no text is outside a sentence. */
export function layOut(
  sentences: readonly CitedSentence[],
  shape: AnswerStyle['shape'],
  language: string,
): { readonly answer: string; readonly sentences: readonly CitedSentence[] } {
  let answer = '';
  const laid = sentences.map((sentence, index): CitedSentence => {
    const text = textOf(sentence.text, shape, index, language);
    const gap =
      index === 0
        ? ''
        : shape === undefined
          ? language === 'zh' || language === 'ja'
            ? ''
            : ' '
          : '\n';
    const start = answer.length + gap.length;
    const numbers = [...new Set(sentence.citations.map(({ reference }) => reference))].sort(
      (a, b) => a - b,
    );
    const marks = numbers.map((number) => `[${number}]`).join('');
    // A cell of its own for the mark.
    answer += `${gap}${text}${shape === 'table' && marks !== '' ? ' ' : ''}${marks}`;
    return { ...sentence, text, start, end: start + text.length };
  });
  return { answer, sentences: laid };
}

function textOf(
  text: string,
  shape: AnswerStyle['shape'],
  index: number,
  language: string,
): string {
  if (shape === undefined) return text;
  const line = text.replace(/\s*\n\s*/gu, ' ');
  if (shape === 'bullets') return `- ${line}`;
  if (shape === 'numbers') return `${index + 1}. ${line}`;
  const row = `| ${line.replaceAll('|', String.raw`\|`)} |`;
  return index === 0 ? `${HEADS[language] ?? HEADS['en']}\n| --- | --- |\n${row}` : row;
}
