/** The right paragraph among those of ten similar pages; graded medical answers in their order. */
import { join } from 'node:path';
import { existsSync, statSync } from 'node:fs';
import { z } from 'zod';
import {
  readPages,
  readQuestions,
  readRows,
  sampleQuestions,
  type FrozenPage,
} from '../frozen-web/frozen-web-data.ts';
import { pageSearch } from '../frozen-web/frozen-web-server.ts';
import { ndcg, pairwiseAccuracy, reciprocalRank } from '../../metrics/ranking-quality.ts';
import { findData, fixedSample } from '../find-data.ts';
import type { StageItem, StageSuite, SuiteOptions } from '../suite.ts';

const PAGES = 10;

const outputSchema = z.looseObject({
  ranking: z.array(z.object({ id: z.union([z.string(), z.number()]) })),
});
const order = (output: unknown): readonly string[] =>
  outputSchema.parse(output).ranking.map(({ id }) => String(id));

/** Folder of a frozen web in the given folder, or the folder itself; null where there is none. */
function frozenFolder(data: string): string | null {
  if (!existsSync(data) || !statSync(data).isDirectory()) return null;
  return (
    ['', 'frozen-web-dev', 'frozen-web-test', 'frozen-web']
      .map((name) => join(data, name))
      .find((folder) => existsSync(join(folder, 'pages.jsonl.gz'))) ?? null
  );
}

function paragraphItems(folder: string, limit: number): StageItem[] {
  const pages = readPages(folder);
  const byId = new Map(pages.map((page) => [page.page_id, page]));
  const search = pageSearch(pages);
  const questions = readQuestions(folder);
  return (['en', 'zh'] as const).flatMap((group) =>
    sampleQuestions(questions, group, group === 'en' ? limit : Math.ceil(limit / 2)).map((one) => {
      const gold = byId.get(one.page_id);
      const others = search(one.question).filter((page) => page !== gold);
      const ten: FrozenPage[] = [...(gold === undefined ? [] : [gold]), ...others].slice(0, PAGES);
      return {
        id: one.qid,
        group: `paragraphs ${group}`,
        title: one.question,
        labels: {},
        line: {
          id: one.qid,
          question: one.question,
          passages: ten.flatMap(({ title, paragraphs }) =>
            paragraphs.map(({ para_id: id, text }) => ({ id, text, title })),
          ),
        },
        measure: (output): Record<string, number> => {
          const relevant = order(output).map((id) => id === one.para_id);
          const first = relevant[0] === true ? 1 : 0;
          return {
            'recall@1': first,
            'recall@5': relevant.slice(0, 5).includes(true) ? 1 : 0,
            mrr: reciprocalRank(relevant),
            right: first,
          };
        },
      };
    }),
  );
}

const gradedSchema = z.looseObject({
  qid: z.string(),
  question: z.string(),
  answers: z.array(z.looseObject({ text: z.string(), grade: z.number() })),
});

function gradedItems(options: SuiteOptions): StageItem[] {
  const rows = readRows(findData(options.data, /mediqa/u), gradedSchema).filter(
    ({ answers }) => new Set(answers.map(({ grade }) => grade)).size > 1,
  );
  return fixedSample(rows, ({ qid }) => qid, options.limit).map((row) => ({
    id: row.qid,
    group: 'mediqa graded',
    title: row.question,
    labels: {},
    line: {
      id: row.qid,
      question: row.question,
      passages: row.answers.map(({ text }, index) => ({ id: String(index), text })),
    },
    measure: (output): Record<string, number> => {
      const grades = order(output).map((id) => row.answers[Number(id)]?.grade ?? 1);
      // MEDIQA's grades run from 1 (incorrect) to 4 (excellent): gains count from 0.
      const gains = grades.map((grade) => grade - 1);
      const best = Math.max(...grades);
      return {
        'ndcg@10': ndcg(gains, 10),
        pairwise: pairwiseAccuracy(grades),
        'precision@1': (grades[0] ?? 1) >= 3 ? 1 : 0,
        right: grades[0] === best ? 1 : 0,
      };
    },
  }));
}

export const rankingSuite: StageSuite = {
  kind: 'stage',
  name: 'ranking',
  description: 'the right paragraph among ten pages; nDCG over graded answers (MEDIQA)',
  stage: 'rank',
  needsData: true,
  items: (options) => {
    const folder = frozenFolder(options.data);
    const paragraphs = folder === null ? [] : paragraphItems(folder, options.limit ?? 100);
    try {
      return [...paragraphs, ...gradedItems(options)];
    } catch (error) {
      // One of the two sets is enough; with neither the message says what was looked for.
      if (paragraphs.length > 0) return paragraphs;
      throw error;
    }
  },
};
