/**
 * What the planned queries add to the question alone: `npx tsx eval/bench/retrieval/measure-queries.ts`, recall
 * of the gold page among the first ten results of the frozen web's search, lists fused as in the product.
 * With `--generator MODEL.gguf` also Chinese questions to English pages alone, as asked and translated.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { fuseResults } from '../../../retriever/search/fuse-results.ts';
import { keywords } from '../../../retriever/search/keywords.ts';
import { planQueries } from '../../../retriever/search/plan-queries.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { readPages, readQuestions, readRows } from '../../suites/frozen-web/frozen-web-data.ts';
import { pageSearch } from '../../suites/frozen-web/frozen-web-server.ts';
import { stableHash } from '../../lab/trees/stable-hash.ts';
import { openTranslator } from './open-translator.ts';

const DATA = join(packageRoot, '../shared/data/frozen-web-dev');
const A_SOURCE = 150;

const WAYS: Readonly<Record<string, (question: string) => readonly string[]>> = {
  'the question': (question) => [question],
  'planned (served)': (question) => planQueries(question).texts,
  'question and keywords': (question) => [question, keywords(question)],
};

const TRANSLATED = 60;
const crossSchema = z.looseObject({
  qid: z.string(),
  source: z.string(),
  question: z.string(),
  page_id_en: z.string().nullish(),
});
const { values } = parseArgs({ options: { generator: { type: 'string' } } });

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
        if (isFound(way(question), page, search)) found += 1;
      }
      console.log(
        `${source.padEnd(18)} ${name.padEnd(22)} gold page in ten ${(found / list.length).toFixed(3)} (${list.length} questions)`,
      );
    }
  }
  if (values.generator !== undefined) await measureTranslated(values.generator, search);
}

type Search = ReturnType<typeof pageSearch>;

function isFound(texts: readonly string[], page: string, search: Search): boolean {
  const lists = texts.map((text) =>
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
  return fuseResults(lists)
    .slice(0, 10)
    .some(({ url }) => url.endsWith(`/${page}`));
}

/** XQuAD's Chinese questions on a web of English pages: what their translation finds of the gold pages. */
async function measureTranslated(generator: string, whole: Search): Promise<void> {
  const english = pageSearch(readPages(DATA).filter(({ lang }) => lang === 'en'));
  const asked = readRows(join(DATA, 'questions.jsonl.gz'), crossSchema)
    .filter(({ source, page_id_en }) => source === 'xquad-zh' && typeof page_id_en === 'string')
    .toSorted((a, b) => stableHash(a.qid) - stableHash(b.qid))
    .slice(0, TRANSLATED);
  const { signal } = new AbortController();
  const translator = await openTranslator(generator, signal);
  const found = { own: 0, translated: 0, both: 0, mixed: 0 };
  for (const { question, page_id_en } of asked) {
    const page = page_id_en ?? '';
    const own = planQueries(question).texts;
    const translation = await translator.translate(question, 'en', { signal });
    const more = translation === null ? [] : planQueries(translation).texts;
    if (isFound(own, page, english)) found.own += 1;
    if (isFound(more, page, english)) found.translated += 1;
    if (isFound([...own, ...more], page, english)) found.both += 1;
    if (isFound([...own, ...more], page, whole)) found.mixed += 1;
  }
  await translator.close();
  const share = (count: number): string => (count / asked.length).toFixed(3);
  console.log(`Chinese questions to English pages, gold page in ten (${asked.length} questions):`);
  console.log(`  as asked ${share(found.own)}, translated ${share(found.translated)}`);
  console.log(`  both ${share(found.both)}; both, Chinese pages beside ${share(found.mixed)}`);
}
