/** The frozen web of the development data as documents, questions and sets of ten similar pages. */
import {
  readPages,
  readQuestions,
  type FrozenPage,
  type FrozenQuestion,
} from '../../suites/frozen-web/frozen-web-data.ts';
import { stableHash } from '../trees/stable-hash.ts';
import type { Document } from '../../../src/core/nouns.ts';
import { Bm25fIndex } from '../../../retriever/rank/words/bm25f.ts';
import { analyseQuestion } from '../../../retriever/rank/words/question-words.ts';

export type { FrozenPage, FrozenQuestion };

export class FrozenWeb {
  readonly pages: readonly FrozenPage[];
  readonly questions: readonly FrozenQuestion[];
  readonly #place = new Map<string, number>();
  readonly #index = new Map<
    string,
    { readonly pages: readonly number[]; readonly index: Bm25fIndex }
  >();

  /**
   * @param folder `…/frozen-web-dev`
   * @param chineseTenths how many tenths of the Chinese pages are used (embedding them all takes long)
   */
  constructor(folder: string, chineseTenths = 10) {
    const kept = new Set([0, 2, 4, 6, 8, 1, 3, 5, 7, 9].slice(0, chineseTenths));
    this.pages = readPages(folder).filter(
      ({ lang, page_id }) => lang === 'en' || kept.has(stableHash(page_id) % 10),
    );
    this.questions = readQuestions(folder);
    this.pages.forEach((page, at) => this.#place.set(page.page_id, at));
  }

  page(id: string): FrozenPage {
    return this.pages[this.#place.get(id) ?? -1] as FrozenPage;
  }

  /** The gold page and the pages most like the question, best first; without the gold page if asked. */
  pagesFor(question: FrozenQuestion, count: number, withGold: boolean): FrozenPage[] {
    const language = question.lang === 'en' ? 'en' : 'zh';
    const { pages, index } = this.#indexFor(language);
    const scores = index.scores(analyseQuestion(question.question).terms);
    const others = pages
      .map((page, at) => ({ page, score: scores[at] ?? 0 }))
      .filter(({ page }) => this.pages[page]?.page_id !== question.page_id)
      .sort((a, b) => b.score - a.score)
      .slice(0, withGold ? count - 1 : count)
      .map(({ page }) => this.pages[page] as FrozenPage);
    return withGold ? [this.page(question.page_id), ...others] : others;
  }

  #indexFor(language: string): { readonly pages: readonly number[]; readonly index: Bm25fIndex } {
    const known = this.#index.get(language);
    if (known !== undefined) return known;
    // XQuAD's pages are translations of parts of English ones and would compete with themselves.
    const pages = this.pages.flatMap((page, at) =>
      page.lang.slice(0, 2) === language && page.source !== 'xquad-zh' ? [at] : [],
    );
    const index = new Bm25fIndex(
      pages.map((at) => {
        const page = this.pages[at] as FrozenPage;
        const text = page.paragraphs.map((paragraph) => paragraph.text).join('\n\n');
        return { title: page.title, headings: '', text };
      }),
    );
    const made = { pages, index };
    this.#index.set(language, made);
    return made;
  }
}

export function pageDocument(page: FrozenPage): Document {
  return {
    url: `https://frozen.example/${encodeURIComponent(page.page_id)}`,
    title: page.title,
    byline: null,
    publishedAt: null,
    language: page.lang.slice(0, 2),
    text: page.paragraphs.map((paragraph) => paragraph.text).join('\n\n'),
    headings: [],
    site: 'frozen.example',
    canonicalUrl: null,
    fetchedAt: '2026-01-01T00:00:00.000Z',
  };
}
