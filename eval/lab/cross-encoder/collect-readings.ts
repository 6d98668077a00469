/**
 * Runs today's ranking and the cross-encoder over questions of the cross-encoder's held-out pages, and keeps what each
 * said, one JSON line a question: what the fusion is fitted on and all figures are computed from.
 *
 *   npx tsx eval/lab/cross-encoder/collect-readings.ts --weights e5-small-q4.bin \
 *     --evidence honest.json --out readings.jsonl [--cross-encoder FILE] [--cache DIR] [--limit 120]
 *
 * `honest.json` is of `honest-evidence.ts`: sentence models that have not seen these pages either.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exactMatch, tokenF1 } from '../../metrics/correctness.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { stableHash } from '../trees/stable-hash.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { CrossEncoder, type PairScores } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { segmentDocument } from '../../../retriever/segment/segment-document.ts';
import type { Counted, CountMemo } from '../../../retriever/rank/words/bm25f.ts';
import {
  collectEvidence,
  type CollectedEvidence,
} from '../../../retriever/rank/evidence/collect-evidence.ts';
import { denseRanks } from '../../../retriever/rank/dense/dense-ranks.ts';
import { EvidenceModel } from '../../../retriever/rank/evidence/evidence-model.ts';
import { passageScores } from '../../../retriever/rank/fusion/passage-scores.ts';
import {
  FrozenWeb,
  pageDocument,
  type FrozenPage,
  type FrozenQuestion,
} from '../evidence/frozen-web.ts';
import { VectorCache } from '../evidence/vector-cache.ts';
import type { CollectedReading } from './collected-reading.ts';
import { honestModel } from './honest-model.ts';
import { isHeldOutPage } from './held-out.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string', default: '' },
    data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    evidence: { type: 'string', default: '' },
    'cross-encoder': { type: 'string' },
    out: { type: 'string', default: '' },
    limit: { type: 'string', default: '120' },
    /** Passages that are read; 0: only the gold one. */
    depth: { type: 'string', default: '8' },
    /** The best by words alone are read as well. */
    all: { type: 'boolean', default: false },
    form: { type: 'string', default: 'int8' },
    /** Pages a question; the answerability is fitted on few and on many. */
    pages: { type: 'string', default: '10' },
    sentences: { type: 'string' },
    threads: { type: 'string', default: '1' },
    kinds: { type: 'string', default: 'en,zh,cross,unanswerable,off-en,off-zh' },
  },
});
const { signal } = new AbortController();
const DEPTH = Number(values.depth);

const setup = {
  weightsPath: values.weights,
  cacheDir: values.cache,
  threads: Number(values.threads),
};
const embedder = new VectorCache(await E5Embedder.load(setup), values.cache);
const crossEncoder = await CrossEncoder.load({
  ...setup,
  form: values.form === 'float32' ? 'float32' : 'int8',
  ...(values['cross-encoder'] === undefined ? {} : { updatePath: values['cross-encoder'] }),
});
const file = JSON.parse(readFileSync(values.evidence, 'utf8')) as Record<string, unknown>;
const models = { dense: honestModel(file, 'dense'), lexical: honestModel(file, 'lexical') };
const shipped = new EvidenceModel('dense');
const web = new FrozenWeb(values.data, 4);
const memo: CountMemo = new Map<string, Counted>();

interface CrossQuestion extends FrozenQuestion {
  readonly question_en?: string;
  readonly answers_en?: string[];
  readonly page_id_en?: string;
  readonly para_id_en?: string;
}

/** Questions by kind, in a fixed order; `cross`: a Chinese question put to English pages. */
function questionsOf(kind: string): { asked: FrozenQuestion; search: FrozenQuestion }[] {
  const known = new Set(
    web.pages.filter((page) => isHeldOutPage(page)).map(({ page_id }) => page_id),
  );
  const all = readJsonLines<CrossQuestion>(join(values.data, 'questions.jsonl.gz'))
    .filter(({ page_id, page_id_en }) => known.has(page_id_en ?? page_id))
    .toSorted((a, b) => stableHash(a.qid) - stableHash(b.qid));
  const english = all.filter(
    ({ lang, answerable, standalone }) => lang === 'en' && answerable && standalone === true,
  );
  const chinese = all.filter(({ source, answerable }) => answerable && /cmrc|drcd/u.test(source));
  const limit = Number(values.limit);
  const same = (list: CrossQuestion[]) => list.map((asked) => ({ asked, search: asked }));
  switch (kind) {
    case 'en':
      return same(english.slice(0, limit));
    case 'zh':
      return same(chinese.slice(0, limit));
    case 'off-en':
      return same(english.slice(0, Math.floor(limit / 2)));
    case 'off-zh':
      return same(chinese.slice(0, Math.floor(limit / 2)));
    case 'unanswerable':
      return same(all.filter((row) => !row.answerable && row.standalone === true).slice(0, limit));
    default:
      return all
        .filter((row) => row.source === 'xquad-zh')
        .slice(0, limit)
        .map((row) => {
          const english_ = {
            ...row,
            lang: 'en',
            source: 'squad-dev',
            question: row.question_en ?? '',
            answers: row.answers_en ?? [],
            page_id: row.page_id_en ?? '',
            para_id: row.para_id_en ?? '',
          };
          return { asked: { ...english_, question: row.question }, search: english_ };
        });
  }
}

const cut = new Map<string, { start: number; end: number; text: string }[]>();
function passagesOf(page: FrozenPage): { start: number; end: number; text: string }[] {
  const made =
    cut.get(page.page_id) ??
    segmentDocument(pageDocument(page), 0).map(({ start, end, text }) => ({ start, end, text }));
  cut.set(page.page_id, made);
  return made;
}

function paragraphSpan(page: FrozenPage, id: string): { start: number; end: number } {
  let start = 0;
  for (const paragraph of page.paragraphs) {
    const end = start + paragraph.text.length;
    if (paragraph.para_id === id) return { start, end };
    start = end + 2;
  }
  return { start: -1, end: -1 };
}

const short = (value: number): number => Number(value.toFixed(3));

const rankOf = (scores: readonly number[]): number[] => {
  const order = scores.map((_, at) => at).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const ranks: number[] = [];
  order.forEach((at, rank) => (ranks[at] = rank));
  return ranks;
};

async function collect(
  kind: string,
  asked: FrozenQuestion,
  search: FrozenQuestion,
): Promise<CollectedReading> {
  const answerable = ['en', 'zh', 'cross'].includes(kind);
  const pages = web.pagesFor(search, Number(values.pages), !kind.startsWith('off'));
  const passages = pages.flatMap((page) => passagesOf(page).map((part) => ({ ...part, page })));
  const goldSpan = paragraphSpan(web.page(search.page_id), asked.para_id);
  const holds = (text: string): boolean => asked.answers.some((answer) => text.includes(answer));
  const inGold = (at: number, start: number, end: number): boolean => {
    const passage = passages[at];
    if (!answerable || passage?.page.page_id !== asked.page_id) return false;
    return passage.start + start < goldSpan.end && passage.start + end > goldSpan.start;
  };
  const fields = passages.map(({ page, text }) => ({ title: page.title, headings: '', text }));
  const evidence = await collectEvidence(asked.question, fields, embedder, {
    signal,
    memo,
    ...(values.sentences === undefined
      ? {}
      : { limits: { passages: 20, sentences: Number(values.sentences) } }),
  });
  const dense = models.dense.probabilities(evidence);
  const lexical = models.lexical.probabilities(evidence);
  const today = shipped.probabilities(evidence);
  const without: CollectedEvidence = { ...evidence, similarities: null, vectors: null };
  const scores = {
    bm25: evidence.bm25,
    dense: passageScores(evidence, dense).map(({ score }) => score),
    lexical: passageScores(without, lexical).map(({ score }) => score),
    similarity: null as number[] | null,
  };
  if (kind === 'cross') {
    const places = await denseRanks(asked.question, fields, embedder, { signal });
    scores.similarity = places.map((place) => -place);
  }
  const ranks = {
    bm25: rankOf(scores.bm25),
    dense: rankOf(scores.dense),
    lexical: rankOf(scores.lexical),
    similarity: scores.similarity === null ? null : rankOf(scores.similarity),
  };
  const gold = passages.map(({ text }, at) => inGold(at, 0, text.length) && holds(text));
  const within = (list: readonly number[] | null, at: number, depth: number): boolean =>
    (list?.[at] ?? depth) < depth;
  const wanted = passages.flatMap((_, at) =>
    within(ranks.dense, at, DEPTH) ||
    (values.all && (within(ranks.lexical, at, DEPTH) || within(ranks.bm25, at, DEPTH))) ||
    within(ranks.similarity, at, Math.min(16, 2 * DEPTH)) ||
    gold[at] === true
      ? [at]
      : [],
  );
  const began = performance.now();
  const readings = await crossEncoder.scorePairs(
    wanted.map((at) => ({ question: asked.question, title: '', text: '', ...fields[at] })),
    { signal },
  );
  const milliseconds = (performance.now() - began) / Math.max(1, wanted.length);
  const byPassage = new Map(wanted.map((at, place) => [at, readings[place] as PairScores]));
  return {
    qid: asked.qid,
    kind,
    language: asked.lang === 'en' ? 'en' : 'zh',
    question: asked.question,
    page: asked.page_id,
    pages: pages.length,
    fold: stableHash(`fold ${asked.qid}`) % 5,
    milliseconds,
    count: passages.length,
    goldRanks: Object.fromEntries(
      Object.entries(ranks).map(([name, list]) => [
        name,
        Math.min(...passages.map((_, at) => (gold[at] === true ? (list?.[at] ?? 1e9) : 1e9))),
      ]),
    ),
    bases: { dense: scores.dense.map(short), lexical: scores.lexical.map(short) },
    passages: wanted.map((at) => {
      const reading = byPassage.get(at) as PairScores;
      const answer = (fields[at]?.text ?? '').slice(reading.start, reading.end);
      return {
        at,
        gold: gold[at] === true,
        bm25Z: evidence.bm25Z[at] ?? 0,
        ranks: {
          bm25: ranks.bm25[at] ?? 0,
          dense: ranks.dense[at] ?? 0,
          lexical: ranks.lexical[at] ?? 0,
          similarity: ranks.similarity?.[at] ?? -1,
        },
        dense: scores.dense[at] ?? 0,
        lexical: scores.lexical[at] ?? 0,
        similarity: scores.similarity?.[at] ?? null,
        relevance: reading.relevance,
        answerable: reading.answerable,
        span: reading.spanProbability,
        none: reading.nullProbability,
        answer,
        exact: answerable && exactMatch(answer, asked.answers) ? 1 : 0,
        f1: answerable ? tokenF1(answer, asked.answers) : 0,
      };
    }),
    candidates: evidence.candidates.map(({ passage, start, end, text }, at) => {
      const reading = byPassage.get(passage);
      const mass =
        reading?.tokenStarts.reduce(
          (sum, from, token) =>
            from >= start && from < end ? sum + (reading.startProbabilities[token] ?? 0) : sum,
          0,
        ) ?? -1;
      const label = answerable && holds(text) ? (inGold(passage, start, end) ? 1 : 0.5) : 0;
      return {
        passage,
        label,
        mass,
        dense: dense[at] ?? 0,
        lexical: lexical[at] ?? 0,
        today: today[at] ?? 0,
      };
    }),
    answerability: {
      dense: models.dense.answerability(evidence, dense),
      lexical: models.lexical.answerability(without, lexical),
      today: shipped.answerability(evidence, today),
    },
  };
}

const lines: string[] = [];
for (const kind of values.kinds.split(',')) {
  const questions = questionsOf(kind);
  for (const { asked, search } of questions) {
    lines.push(JSON.stringify(await collect(kind, asked, search)));
    if (lines.length % 20 === 0)
      console.log(`${lines.length} ${kind}, ${embedder.misses} texts embedded anew`);
  }
  embedder.save();
  writeFileSync(values.out, `${lines.join('\n')}\n`);
}
