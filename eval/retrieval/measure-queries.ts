/**
 * What the planned queries add to the question alone: `npx tsx eval/retrieval/measure-queries.ts`, recall
 * of the gold page among the first ten results of the frozen web's search, lists fused as in the product.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fuseResults } from '../../retriever/search/fuse-results.ts';
import { keywords } from '../../retriever/search/keywords.ts';
import { planQueries } from '../../retriever/search/plan-queries.ts';
import { packageRoot } from '../../src/core/package-root.ts';
import { readPages, readQuestions } from '../frozen-web/frozen-web-data.ts';
import { pageSearch } from '../frozen-web/frozen-web-server.ts';
import { stableHash } from '../training/stable-hash.ts';

const DATA = join(packageRoot, '../shared/data/frozen-web-dev');
const A_SOURCE = 150;
const NOW = new Date('2026-01-15T00:00:00Z');

const WAYS: Readonly<Record<string, (question: string) => readonly string[]>> = {
  'the question': (question) => [question],
  'planned (served)': (question) => planQueries(question, NOW).texts,
  'question and keywords': (question) => [question, keywords(question)],
};

if (!existsSync(DATA)) console.log(`no data at ${DATA}; nothing measured`);
else {
  const search = pageSearch(readPages(DATA));
  const bySource = new Map<string, { question: string; page: string }[]>();
  const questions = readQuestions(DATA)
    .filter(({ answerable }) => answerable)
    .toSorted((a, b) => stableHash(a.qid) - stableHash(b.qid));
  for (const { source, question, page_id } of questions) {
    const list = bySource.get(source) ?? [];
    if (list.length < A_SOURCE) list.push({ question, page: page_id });
    bySource.set(source, list);
  }
  for (const [source, list] of bySource) {
    for (const [name, way] of Object.entries(WAYS)) {
      let found = 0;
      for (const { question, page } of list) {
        const lists = way(question).map((text) =>
          search(text)
            .slice(0, 10)
            .map(({ page_id, title }, index) => ({
              url: `https://frozen.example/${page_id}`,
              title,
              snippet: '',
              publishedAt: null,
              provider: 'frozen',
              rank: index + 1,
            })),
        );
        if (
          fuseResults(lists)
            .slice(0, 10)
            .some(({ url }) => url.endsWith(`/${page}`))
        )
          found += 1;
      }
      console.log(
        `${source.padEnd(18)} ${name.padEnd(22)} gold page in ten ${(found / list.length).toFixed(3)} (${list.length} questions)`,
      );
    }
  }
}
