/**
 * What is said when the references hold no answer. It claims nothing about the world: only that no
 * answer was found, and which sources came closest.
 */
import type { CitedSentence, Reference } from '../../src/core/nouns.ts';
import type { LooseSentence } from '../citation/assemble.ts';
import { stripMarks } from '../citation/citation-marks.ts';

export interface Abstention {
  readonly answer: string;
  /** Cover the answer; only what is told against a premise has a citation: the rest says nothing of the world. */
  readonly sentences: readonly CitedSentence[];
}

/** At most this many sources are named. */
const CLOSEST = 3;

interface Wording {
  readonly none: string;
  readonly noSources: string;
  readonly closest: (names: readonly string[]) => string;
  readonly gap: string;
}

const english: Wording = {
  none: 'The sources that were found do not hold an answer to this question.',
  noSources: 'No sources were found for this question.',
  closest: (names) =>
    names.length === 1
      ? `The closest source is ${names[0]}.`
      : `The closest sources are ${names.slice(0, -1).join(', ')} and ${names.at(-1)}.`,
  gap: ' ',
};

const wordings: Readonly<Record<string, Wording>> = {
  en: english,
  zh: {
    none: '找到的来源中没有这个问题的答案。',
    noSources: '没有找到与这个问题有关的来源。',
    closest: (names) => `最接近的来源是${names.join('、')}。`,
    gap: '',
  },
  ja: {
    none: '見つかった出典には、この質問への答えがありません。',
    noSources: 'この質問に関する出典は見つかりませんでした。',
    closest: (names) => `最も近い出典は${names.join('、')}です。`,
    gap: '',
  },
  de: {
    none: 'Die gefundenen Quellen enthalten keine Antwort auf diese Frage.',
    noSources: 'Zu dieser Frage wurden keine Quellen gefunden.',
    closest: (names) => `Am nächsten kommen: ${names.join(', ')}.`,
    gap: ' ',
  },
  fr: {
    none: 'Les sources trouvées ne contiennent pas de réponse à cette question.',
    noSources: 'Aucune source n’a été trouvée pour cette question.',
    closest: (names) => `Les plus proches sont : ${names.join(', ')}.`,
    gap: ' ',
  },
  es: {
    none: 'Las fuentes encontradas no contienen una respuesta a esta pregunta.',
    noSources: 'No se encontraron fuentes para esta pregunta.',
    closest: (names) => `Las más cercanas son: ${names.join(', ')}.`,
    gap: ' ',
  },
};

/**
 * The text of an abstention in the language of the answer (English where there is no wording).
 * @param premise what the sources say against the question's premise: told with its citation
 * @param references in order of closeness; their titles are shown without marks that look like citations
 */
export function abstention(
  references: readonly Reference[],
  language: string,
  premise: LooseSentence | null = null,
): Abstention {
  const wording = wordings[language] ?? english;
  const names: string[] = [];
  for (const { title, site } of references) {
    const clean = stripMarks(title)
      .text.replace(/[[\]\s]+/gu, ' ')
      .trim()
      .slice(0, 80)
      .replace(/\p{Surrogate}$/u, '');
    const name = clean === '' ? site : wording.gap === '' ? `《${clean}》` : `“${clean}”`;
    if (name !== '' && !names.includes(name)) names.push(name);
    if (names.length === CLOSEST) break;
  }
  const uncited = (text: string): LooseSentence => ({ text, citations: [] });
  const loose =
    names.length === 0
      ? [uncited(wording.noSources)]
      : [
          uncited(wording.none),
          ...(premise === null ? [] : [premise]),
          uncited(wording.closest(names)),
        ];
  let answer = '';
  const sentences = loose.map(({ text, citations }): CitedSentence => {
    if (answer !== '') answer += wording.gap;
    const start = answer.length;
    answer += text;
    const end = answer.length;
    for (const { reference } of citations) answer += `[${reference}]`;
    return { text, start, end, citations };
  });
  return { answer, sentences };
}
