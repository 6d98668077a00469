/** Candidate sentences of the frozen web's questions with their labels: what the models learn from. */
import { stableHash } from '../trees/stable-hash.ts';
import type { Embedder } from '../../../src/core/seams.ts';
import { segmentDocument } from '../../../retriever/segment/segment-document.ts';
import type { Counted, CountMemo, Fields } from '../../../retriever/rank/words/bm25f.ts';
import {
  collectEvidence,
  type CollectedEvidence,
  type CollectLimits,
} from '../../../retriever/rank/evidence/collect-evidence.ts';
import {
  pageDocument,
  type FrozenPage,
  type FrozenQuestion,
  type FrozenWeb,
} from './frozen-web.ts';

/** `answerable`; `unanswerable`: the gold page does not say it; `off-topic`: the gold page is not there. */
export type QuestionKind = 'answerable' | 'unanswerable' | 'off-topic';

export interface LabelledQuestion {
  readonly question: FrozenQuestion;
  readonly kind: QuestionKind;
  readonly language: 'en' | 'zh';
  /** Cross-validation fold, by page. */
  readonly fold: number;
  readonly evidence: CollectedEvidence;
  /** 1: the sentence stands in the gold paragraph and has the answer; 0.5: it has it elsewhere. */
  readonly labels: readonly number[];
  /** Page number (0: the gold one) and whether the passage has the gold answer, for each passage. */
  readonly passageGold: readonly boolean[];
  readonly texts: readonly string[];
  readonly titles: readonly string[];
}

export const FOLDS = 5;
const NO_WORDS: ReadonlySet<string> = new Set();

export interface CollectOptions {
  readonly embedder: Embedder | null;
  readonly limits?: CollectLimits;
  readonly log: (line: string) => void;
}

/** Runs the real ranking stages over `questions`, ten pages each. */
export async function collectTrainingSet(
  web: FrozenWeb,
  questions: readonly { readonly question: FrozenQuestion; readonly kind: QuestionKind }[],
  options: CollectOptions,
): Promise<LabelledQuestion[]> {
  const memo: CountMemo = new Map<string, Counted>();
  const segmented = new Map<
    string,
    { readonly fields: Fields; readonly start: number; readonly end: number }[]
  >();
  const passagesOf = (page: FrozenPage) => {
    const known = segmented.get(page.page_id);
    if (known !== undefined) return known;
    const made = segmentDocument(pageDocument(page), 0).map(({ text, start, end }) => ({
      fields: { title: page.title, headings: '', text },
      start,
      end,
    }));
    segmented.set(page.page_id, made);
    return made;
  };
  const result: LabelledQuestion[] = [];
  const { signal } = new AbortController();
  for (const { question, kind } of questions) {
    const pages = web.pagesFor(question, 10, kind !== 'off-topic');
    const passages = pages.flatMap((page) =>
      passagesOf(page).map((passage) => ({ ...passage, page })),
    );
    const gold = paragraphSpan(web.page(question.page_id), question.para_id);
    const evidence = await collectEvidence(
      question.question,
      passages.map(({ fields }) => fields),
      options.embedder,
      { signal, memo, ...(options.limits === undefined ? {} : { limits: options.limits }) },
    );
    const inGold = (at: number, start: number, end: number): boolean => {
      const passage = passages[at];
      if (passage === undefined || passage.page.page_id !== question.page_id) return false;
      return passage.start + start < gold.end && passage.start + end > gold.start;
    };
    const holds = (text: string): boolean =>
      question.answers.some((answer) => text.includes(answer));
    result.push({
      question,
      kind,
      language: question.lang === 'en' ? 'en' : 'zh',
      fold: stableHash(`fold ${question.page_id}`) % FOLDS,
      // The features are made; thousands of questions' words would fill the memory.
      evidence: {
        ...evidence,
        candidates: evidence.candidates.map((candidate) => ({
          ...candidate,
          terms: [],
          tokens: NO_WORDS,
          ledBy: NO_WORDS,
        })),
      },
      labels: evidence.candidates.map(({ passage, start, end, text }) => {
        if (kind !== 'answerable' || !holds(text)) return 0;
        return inGold(passage, start, end) ? 1 : 0.5;
      }),
      passageGold: passages.map(
        ({ fields }, at) =>
          kind === 'answerable' && inGold(at, 0, fields.text.length) && holds(fields.text),
      ),
      texts: passages.map(({ fields }) => fields.text),
      titles: passages.map(({ fields }) => fields.title),
    });
    if (result.length % 250 === 0) options.log(`${result.length} of ${questions.length} questions`);
  }
  return result;
}

function paragraphSpan(
  page: FrozenPage,
  id: string,
): { readonly start: number; readonly end: number } {
  let start = 0;
  for (const paragraph of page.paragraphs) {
    const end = start + paragraph.text.length;
    if (paragraph.para_id === id) return { start, end };
    start = end + 2;
  }
  return { start: 0, end: 0 };
}
