/**
 * Question to the right paragraph, among the paragraphs of ten similar pages, through the product's own
 * cascade:
 *
 *   npx tsx eval/bench/ranking/evaluate-ranking.ts --weights e5-small-q4.bin [--limit 100] [--cache DIR]
 *
 * With `--generator MODEL.gguf` the Chinese questions to English pages are translated as in the product.
 * Only pages that the cross-encoder was not trained on. The sentence models that ship have seen questions of
 * them; figures without that are printed by `eval/lab/cross-encoder/fit-fusion.ts`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { EvidenceModel } from '../../../retriever/rank/evidence/evidence-model.ts';
import { FusionModel } from '../../../retriever/rank/fusion/fuse-scores.ts';
import { judgePassages, type RankModels } from '../../../retriever/rank/fusion/rank-passages.ts';
import { FrozenWeb, type FrozenPage, type FrozenQuestion } from '../../lab/evidence/frozen-web.ts';
import { isHeldOutPage } from '../../lab/cross-encoder/held-out.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { CrossEncoder } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { openTranslator } from '../retrieval/open-translator.ts';
import { stableHash } from '../../lab/trees/stable-hash.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    limit: { type: 'string', default: '100' },
    kinds: { type: 'string', default: 'en,zh,cross' },
    threads: { type: 'string', default: '2' },
    generator: { type: 'string' },
  },
});

interface CrossQuestion extends FrozenQuestion {
  readonly question_en?: string;
  readonly page_id_en?: string;
  readonly para_id_en?: string;
}

const web = new FrozenWeb(values.data);
const held = new Set(web.pages.filter((page) => isHeldOutPage(page)).map((page) => page.page_id));
const { signal } = new AbortController();
const { weights } = values;
const setup = {
  weightsPath: weights ?? '',
  cacheDir: values.cache,
  threads: Number(values.threads),
};
const embedder = weights === undefined ? null : await E5Embedder.load(setup);
const evidence = new EvidenceModel(embedder === null ? 'lexical' : 'dense');
const words: RankModels = { embedder, evidence, rerank: null };
const rows: Readonly<Record<string, RankModels>> = {
  'words and sentences': words,
  ...(embedder === null
    ? {}
    : {
        'with the cross-encoder': {
          ...words,
          rerank: { crossEncoder: await CrossEncoder.load(setup), fusion: new FusionModel() },
        },
      }),
};

/** The question, where its answer stands, and what finds ten similar pages. */
function asked(kind: string): { text: string; para: string; search: FrozenQuestion }[] {
  return readJsonLines<CrossQuestion>(join(values.data, 'questions.jsonl.gz'))
    .filter(({ page_id, page_id_en, answerable, source, lang, standalone }) => {
      if (!answerable || !held.has(page_id_en ?? page_id)) return false;
      if (kind === 'cross') return source === 'xquad-zh';
      return kind === 'en' ? lang === 'en' && standalone === true : /cmrc|drcd/u.test(source);
    })
    .toSorted((a, b) => stableHash(a.qid) - stableHash(b.qid))
    .slice(0, Number(values.limit))
    .map((row) => {
      const { question_en, page_id_en, para_id_en } = row;
      const search =
        question_en === undefined || page_id_en === undefined
          ? row
          : { ...row, question: question_en, page_id: page_id_en, lang: 'en' };
      return { text: row.question, para: para_id_en ?? row.para_id, search };
    });
}

const paragraphsOf = (page: FrozenPage) =>
  page.paragraphs.map(({ para_id, text }) => ({
    para_id,
    fields: { title: page.title, headings: '', text },
  }));

const translator =
  values.generator === undefined ? null : await openTranslator(values.generator, signal);
const translations = new Map<string, string | null>();

console.log('paragraph @1 / @5 among the paragraphs of ten pages');
for (const kind of values.kinds.split(',')) {
  const questions = asked(kind);
  for (const [name, models] of Object.entries(rows)) {
    let first = 0;
    let five = 0;
    const times: number[] = [];
    for (const { text, para, search } of questions) {
      if (kind === 'cross' && translator !== null && !translations.has(text)) {
        translations.set(text, await translator.translate(text, 'en', { signal }));
      }
      const paragraphs = web.pagesFor(search, 10, true).flatMap(paragraphsOf);
      const began = performance.now();
      const { scores } = await judgePassages(
        text,
        paragraphs.map(({ fields }) => fields),
        models,
        { signal, translation: translations.get(text) },
      );
      times.push(performance.now() - began);
      const gold = paragraphs.findIndex(({ para_id }) => para_id === para);
      const own = scores[gold]?.score ?? -Infinity;
      const above = scores.filter(({ score }) => score > own).length;
      if (above === 0) first += 1;
      if (above < 5) five += 1;
    }
    const n = Math.max(1, questions.length);
    const middle = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    console.log(
      kind.padEnd(6),
      name.padEnd(22),
      (first / n).toFixed(3),
      (five / n).toFixed(3),
      `n=${questions.length}`,
      `median ${middle.toFixed(0)} ms`,
    );
  }
}
await translator?.close();
