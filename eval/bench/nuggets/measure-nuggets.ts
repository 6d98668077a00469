/* oxlint-disable no-console -- a measurement reports on the terminal */
/**
 * Vital nuggets in the references, with the pages of `collect-pages.ts` and the product's own ranking; no
 * search, no extraction, no generator, so that a run takes a minute or two:
 *
 *   npx tsx eval/bench/nuggets/measure-nuggets.ts --weights e5-small-q4.bin --pages DIR [--sets real-web,docs]
 *     [--cache DIR] [--limit N] [--out FILE] [--by kind]
 *
 * Beside it what the ten pages hold at all, and plain BM25 over passages of 130 words, the best five.
 * `--out` writes the references as answers for `shared/tools/score-nuggets.py`.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EvidenceModel } from '../../../retriever/rank/evidence/evidence-model.ts';
import { FusionModel } from '../../../retriever/rank/fusion/fuse-scores.ts';
import { makeReferences } from '../../../retriever/rank/fusion/make-references.ts';
import type { RankModels } from '../../../retriever/rank/fusion/rank-passages.ts';
import { PreparedDocuments } from '../../../retriever/rank/fusion/prepared-documents.ts';
import { Bm25fIndex } from '../../../retriever/rank/words/bm25f.ts';
import { analyseQuestion } from '../../../retriever/rank/words/question-words.ts';
import { askedQuestion } from '../../../src/answer/understand/asked-question.ts';
import type { Document } from '../../../src/core/nouns.ts';
import { evidenceBreadth } from '../../../src/core/question-kind.ts';
import { countWords } from '../../../src/core/tokens.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { CrossEncoder } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { VectorCache } from '../../lab/evidence/vector-cache.ts';
import { scoreNuggets } from '../../metrics/nuggets.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { KeptPairs } from './kept-pairs.ts';
import type { PreparedQuestion } from './nugget-questions.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    pages: { type: 'string', default: '/tmp/footnote-nuggets' },
    sets: { type: 'string', default: 'real-web,docs' },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    limit: { type: 'string', default: '1000' },
    out: { type: 'string' },
    threads: { type: 'string', default: '1' },
  },
});
const { signal } = new AbortController();

const setup = {
  weightsPath: values.weights ?? '',
  cacheDir: values.cache,
  threads: Number(values.threads),
};
const embedder =
  values.weights === undefined ? null : new VectorCache(await E5Embedder.load(setup), values.cache);
const pairs =
  embedder === null ? null : new KeptPairs(await CrossEncoder.load(setup), values.cache);
const models: RankModels = {
  embedder,
  evidence: new EvidenceModel(embedder === null ? 'lexical' : 'dense'),
  rerank: pairs === null ? null : { crossEncoder: pairs, fusion: new FusionModel() },
};

/** Passages of 130 words each, page by page, without regard to sentences. */
function plainPassages(
  documents: readonly Document[],
): { title: string; headings: string; text: string }[] {
  return documents.flatMap(({ title, text }) => {
    const words = text.match(/\p{Script=Han}{1,2}|[^\s\p{Script=Han}]+/gu) ?? [];
    const cut: { title: string; headings: string; text: string }[] = [];
    for (let at = 0; at < words.length; at += 130) {
      cut.push({ title, headings: '', text: words.slice(at, at + 130).join(' ') });
    }
    return cut;
  });
}

function plainBest(question: PreparedQuestion, count: number): string[] {
  const passages = plainPassages(question.documents);
  const scores = new Bm25fIndex(passages).scores(analyseQuestion(question.question).terms);
  return passages
    .map(({ text }, at) => ({ text, score: scores[at] ?? 0 }))
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ text }) => text);
}

type Row = Readonly<Record<'pages' | 'plain' | 'references' | 'first' | 'words' | 'count', number>>;
const mean = (list: readonly number[]): string =>
  (list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length)).toFixed(3);

function show(name: string, rows: readonly Row[]): void {
  const of = (key: keyof Row): string => mean(rows.map((row) => row[key]));
  console.log(
    name.padEnd(22),
    String(rows.length).padStart(3),
    ...(['pages', 'plain', 'references', 'first'] as const).map((key) => of(key).padStart(11)),
    of('count').padStart(7),
    of('words').padStart(9),
  );
}

console.log(
  'vital nuggets in'.padEnd(26),
  '     pages  5 x 130 w.  references  first one  number     words',
);
for (const set of values.sets.split(',')) {
  const path = join(values.pages, `${set}.jsonl`);
  if (!existsSync(path)) throw new Error(`${path} is not there: run collect-pages.ts first`);
  const byKind = new Map<string, Row[]>();
  const written: string[] = [];
  const times: number[] = [];
  const prepared = new PreparedDocuments();
  for (const question of readJsonLines<PreparedQuestion>(path).slice(0, Number(values.limit))) {
    if (!question.answerable) continue;
    const { documents, nuggets } = question;
    for (const document of documents) prepared.prepare(document);
    const began = performance.now();
    const { references } = await makeReferences(
      {
        question: question.question,
        documents,
        maxReferences: 5,
        breadth: evidenceBreadth(askedQuestion(question.question)),
      },
      models,
      { signal },
      prepared,
    );
    times.push(performance.now() - began);
    const texts = references.map(({ text }) => text);
    const share = (list: readonly string[]): number =>
      scoreNuggets(nuggets, list.join('\n')).vital ?? 0;
    const row: Row = {
      pages: share(documents.map(({ text }) => text)),
      plain: share(plainBest(question, 5)),
      references: share(texts),
      first: share(texts.slice(0, 1)),
      words: countWords(texts.join('\n')),
      count: texts.length,
    };
    byKind.set(question.kind, [...(byKind.get(question.kind) ?? []), row]);
    written.push(JSON.stringify({ id: question.id, answer: texts.join('\n\n'), abstained: false }));
  }
  for (const [kind, rows] of byKind) show(`${set} ${kind}`, rows);
  show(set, [...byKind.values()].flat());
  const middle = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  console.log(`median ${middle.toFixed(0)} ms of ranking, ${values.threads} thread(s)`);
  if (values.out !== undefined)
    writeFileSync(`${values.out}-${set}.jsonl`, `${written.join('\n')}\n`);
}
embedder?.save();
pairs?.save();
