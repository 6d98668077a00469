/**
 * Writes the cross-encoder's training sequences, tokenised by the product's own tokenizer:
 *
 *   npx tsx eval/lab/cross-encoder/dump-data.ts --weights e5-small-q4.bin --out DIR
 *
 * `tokens-*.bin` (little endian u32 ids, one sequence after the other) and `sequences-*.jsonl` (one line a
 * sequence: labels, where its tokens lie). Held-out pages and claims (`held-out.ts`) are marked
 * `held`, and give no negatives to the others. Deterministic.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readPages, type FrozenPage } from '../../suites/frozen-web/frozen-web-data.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { seededRandom } from '../trees/seeded-random.ts';
import { stableHash } from '../trees/stable-hash.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { E5Tokenizer } from '../../../src/runtime/e5/e5-tokenizer.ts';
import { readE5Weights } from '../../../src/runtime/e5/e5-weights.ts';
import { pairTokens } from '../../../src/runtime/cross-encoder/pair-tokens.ts';
import { segmentDocument } from '../../../retriever/segment/segment-document.ts';
import { Bm25fIndex } from '../../../retriever/rank/words/bm25f.ts';
import { analyseQuestion } from '../../../retriever/rank/words/question-words.ts';
import { pageDocument } from '../evidence/frozen-web.ts';
import { focusedWindow } from './focused-window.ts';
import { isHeldOutClaim, isHeldOutPage } from './held-out.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    data: { type: 'string', default: join(packageRoot, '../shared/data') },
    out: { type: 'string' },
    negatives: { type: 'string', default: '2' },
    /** `0/2`: the first of two processes; each writes files of its own. */
    shard: { type: 'string', default: '0/1' },
  },
});
const MOST = 192;

interface Question {
  readonly qid: string;
  readonly lang: string;
  readonly source: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly answerable: boolean;
  readonly page_id: string;
  readonly para_id: string;
  readonly question_en?: string;
  readonly answers_en?: readonly string[];
  readonly page_id_en?: string;
  readonly para_id_en?: string;
}
interface Claim {
  readonly id: string;
  readonly source: string;
  readonly question: string | null;
  readonly claim: string;
  readonly references: readonly string[];
  readonly label: string;
}
/** A question put to the passages of one language. */
interface Asked {
  readonly qid: string;
  readonly source: string;
  readonly question: string;
  /** What finds the negatives: the question in the passages' language. */
  readonly search: string;
  readonly answers: readonly string[];
  readonly page: string;
  readonly paragraph: string;
  readonly pool: 'en' | 'zh';
}
interface Passage {
  readonly page: string;
  readonly title: string;
  readonly text: string;
  readonly paragraphs: readonly string[];
}
/** 1, 0, or -1: not said. */
interface Labels {
  readonly rel: number;
  readonly ans: number;
  readonly sup: number;
}

const [shard = 0, shards = 1] = values.shard.split('/').map(Number);
const out = values.out ?? '';
if (values.weights === undefined || out === '') throw new Error('--weights and --out are needed');
const tokenizer = new E5Tokenizer((await readE5Weights(values.weights)).vocabulary);
const tokens: number[] = [];
const lines: string[] = [];
/** Groups of all shards have numbers of their own. */
let group = shard * 1_000_000;

function emit(
  kind: 'rank' | 'support',
  origin: { readonly id: string; readonly source: string; readonly held: boolean },
  left: string,
  passage: { readonly title: string; readonly text: string },
  labels: Labels,
  answer: readonly [number, number] | null = null,
): void {
  const pair = pairTokens(tokenizer, left, passage, MOST);
  let start = 0;
  let end = 0;
  if (answer !== null) {
    start = pair.ends.findIndex((to) => to > answer[0]);
    end = pair.starts.findLastIndex((at) => at < answer[1]);
    // The answer was cut off: nothing is said about it.
    if (start < 0 || (pair.ends[end] ?? 0) < answer[1] - 1) return;
    start += pair.from;
    end += pair.from;
  }
  lines.push(
    JSON.stringify({
      g: group,
      kind,
      ...origin,
      ...labels,
      start,
      end,
      off: tokens.length,
      len: pair.ids.length,
      from: pair.from,
    }),
  );
  for (const id of pair.ids) tokens.push(id);
}

const folder = join(values.data, 'frozen-web-dev');
const pages = readPages(folder);
const held = new Set(pages.filter(isHeldOutPage).map(({ page_id }) => page_id));
const passagesOf = new Map(pages.map((page) => [page.page_id, cut(page)]));

function cut(page: FrozenPage): Passage[] {
  let at = 0;
  const spans = page.paragraphs.map(({ para_id, text }) => {
    const span = { para_id, start: at, end: at + text.length };
    at = span.end + 2;
    return span;
  });
  return segmentDocument(pageDocument(page), 0).map(({ start, end, text }) => ({
    page: page.page_id,
    title: page.title,
    text,
    paragraphs: spans
      .filter((span) => span.start < end && span.end > start)
      .map(({ para_id }) => para_id),
  }));
}

/** All passages of one language on one side of the split, and their index. */
function pool(language: 'en' | 'zh', isHeld: boolean) {
  const passages = pages
    .filter(
      ({ page_id, lang, source }) =>
        lang.startsWith(language) && held.has(page_id) === isHeld && source !== 'xquad-zh',
    )
    .flatMap(({ page_id }) => passagesOf.get(page_id) ?? []);
  const index = new Bm25fIndex(passages.map(({ title, text }) => ({ title, headings: '', text })));
  return { passages, index };
}
const pools = {
  en: [pool('en', false), pool('en', true)],
  zh: [pool('zh', false), pool('zh', true)],
} as const;

/** Where the answer stands: the occurrence with most of the question's words around it. */
function findAnswer(
  text: string,
  answers: readonly string[],
  question: string,
): [number, number] | null {
  const words = [...analyseQuestion(question).tokens];
  let best: [number, number] | null = null;
  let most = -1;
  for (const answer of answers) {
    for (let at = text.indexOf(answer); at >= 0; at = text.indexOf(answer, at + 1)) {
      const around = text.slice(Math.max(0, at - 80), at + answer.length + 80).toLowerCase();
      const shared = words.filter((word) => around.includes(word)).length;
      if (shared > most) {
        most = shared;
        best = [at, at + answer.length];
      }
    }
    // Later answers are other annotators' words for the same.
    if (best !== null) break;
  }
  return best;
}

function ask(asked: Asked, random: () => number, withClaim: boolean): void {
  const isHeld = held.has(asked.page);
  const origin = { id: asked.qid, source: asked.source, held: isHeld };
  const gold = (passagesOf.get(asked.page) ?? [])
    .filter(({ paragraphs }) => paragraphs.includes(asked.paragraph))
    .map((passage) => ({ passage, span: findAnswer(passage.text, asked.answers, asked.search) }))
    .find(({ span }) => span !== null);
  if (gold === undefined || gold.span === null) return;
  const limit = () => 56 + Math.floor(random() * 100);
  const window = focusedWindow(gold.passage.text, gold.span, tokenizer, limit(), random);
  const span: [number, number] = [gold.span[0] - window.start, gold.span[1] - window.start];
  const positive = { title: gold.passage.title, text: window.text };
  emit('rank', origin, asked.question, positive, { rel: 1, ans: 1, sup: -1 }, span);

  const { passages, index } = pools[asked.pool][isHeld ? 1 : 0];
  const scores = index.scores(analyseQuestion(asked.search).terms);
  const hard = passages
    .map((passage, at) => ({ passage, score: scores[at] ?? 0 }))
    .filter(
      ({ passage }) =>
        !(passage.page === asked.page && passage.text === gold.passage.text) &&
        !asked.answers.some((answer) => passage.text.includes(answer)),
    )
    .sort((a, b) => b.score - a.score)
    .slice(0, 12);
  const negatives: { title: string; text: string }[] = [];
  for (let count = 0; count < Number(values.negatives) && hard.length > 0; count += 1) {
    // The first from the very best, the next from a little further down.
    const reach = count === 0 ? 3 : hard.length;
    const [taken] = hard.splice(Math.floor(random() * Math.min(reach, hard.length)), 1);
    if (taken === undefined) break;
    const { text, title } = taken.passage;
    const focus = bestSpot(text, asked.search);
    const part = focusedWindow(text, focus, tokenizer, limit(), random);
    negatives.push({ title, text: part.text });
    emit('rank', origin, asked.question, { title, text: part.text }, { rel: 0, ans: 0, sup: -1 });
  }
  group += 1;
  if (!withClaim) return;
  // A question with its answer is a claim: right here, wrong with another answer or elsewhere.
  const answer = gold.passage.text.slice(gold.span[0], gold.span[1]);
  const shown = asked.answers[0] ?? answer;
  const claim = `${asked.question} ${shown}`;
  const id = { ...origin, source: `${asked.source}-claim` };
  emit('support', id, claim, positive, { rel: -1, ans: -1, sup: 1 });
  const other = wrongAnswer(asked, random);
  if (other !== null && random() < 0.7) {
    emit('support', id, `${asked.question} ${other}`, positive, { rel: -1, ans: -1, sup: 0 });
  } else if (negatives[0] !== undefined) {
    emit('support', id, claim, negatives[0], { rel: -1, ans: -1, sup: 0 });
  }
  group += 1;
}

/** A spot of the text that shares words with the question. */
function bestSpot(text: string, question: string): [number, number] {
  const lower = text.toLowerCase();
  const found = analyseQuestion(question)
    .terms.map((term) => lower.indexOf(term))
    .filter((at) => at >= 0);
  const at = found[Math.floor(found.length / 2)] ?? 0;
  return [at, Math.min(text.length, at + 1)];
}

const rows = readJsonLines<Question>(join(folder, 'questions.jsonl.gz'));
const answersOfPage = new Map<string, string[]>();
for (const { page_id, answers } of rows) {
  const list = answersOfPage.get(page_id) ?? [];
  if (answers[0] !== undefined) list.push(answers[0]);
  answersOfPage.set(page_id, list);
}
const shape = (answer: string): string =>
  /\d|[一二三四五六七八九十百千万萬]{2}/u.test(answer)
    ? 'number'
    : /^\p{Lu}/u.test(answer)
      ? 'name'
      : 'other';

/** The answer to another question about the page, of the same look and another wording. */
function wrongAnswer(asked: Asked, random: () => number): string | null {
  const own = asked.answers.map((answer) => answer.toLowerCase());
  const first = asked.answers[0] ?? '';
  const others = (answersOfPage.get(asked.page) ?? []).filter(
    (answer) =>
      shape(answer) === shape(first) &&
      answer.length < 3 * first.length + 10 &&
      !own.some((mine) => {
        const other = answer.toLowerCase();
        return mine.includes(other) || other.includes(mine);
      }),
  );
  return others[Math.floor(random() * others.length)] ?? null;
}

function askAll(): void {
  for (const row of rows) {
    const random = seededRandom(stableHash(`dump ${row.qid}`));
    if (stableHash(row.qid) % shards !== shard) continue;
    const withClaim = random() < (row.source === 'xquad-zh' ? 0.6 : 0.25);
    const { qid, source, question, answers } = row;
    if (!row.answerable) {
      const gold = (passagesOf.get(row.page_id) ?? [])
        .filter(({ paragraphs }) => paragraphs.includes(row.para_id))
        .map((passage) => {
          const { terms } = analyseQuestion(question);
          const text = passage.text.toLowerCase();
          return { passage, shared: terms.filter((term) => text.includes(term)).length };
        })
        .sort((a, b) => b.shared - a.shared)[0];
      if (gold === undefined) continue;
      const { text, title } = gold.passage;
      const size = 56 + Math.floor(random() * 100);
      const part = focusedWindow(text, bestSpot(text, question), tokenizer, size, random);
      const origin = { id: qid, source, held: held.has(row.page_id) };
      emit('rank', origin, question, { title, text: part.text }, { rel: -1, ans: 0, sup: -1 });
      group += 1;
      continue;
    }
    const english = row.lang === 'en';
    const base = { qid, source, question, search: question, answers };
    ask(
      { ...base, page: row.page_id, paragraph: row.para_id, pool: english ? 'en' : 'zh' },
      random,
      withClaim,
    );
    if (row.question_en === undefined || row.page_id_en === undefined) continue;
    ask(
      {
        ...base,
        qid: `${qid} zh-en`,
        source: 'xquad-zh-en',
        search: row.question_en,
        answers: row.answers_en ?? [],
        page: row.page_id_en,
        paragraph: row.para_id_en ?? '',
        pool: 'en',
      },
      random,
      withClaim,
    );
    ask(
      {
        ...base,
        qid: `${qid} en-zh`,
        source: 'xquad-en-zh',
        question: row.question_en,
        page: row.page_id,
        paragraph: row.para_id,
        pool: 'zh',
      },
      random,
      withClaim,
    );
  }
}

function claims(): void {
  for (const row of readJsonLines<Claim>(join(values.data, 'attribution-dev/claims.jsonl.gz'))) {
    if (row.label === 'partial' || stableHash(row.id) % shards !== shard) continue;
    const random = seededRandom(stableHash(`dump ${row.id}`));
    const text = row.references.join('\n\n');
    const part = focusedWindow(text, bestWindowSpot(text, row.claim), tokenizer, 150, random);
    const origin = { id: row.id, source: row.source, held: isHeldOutClaim(row) };
    const sup = row.label === 'attributable' ? 1 : 0;
    emit('support', origin, row.claim, { title: '', text: part.text }, { rel: -1, ans: -1, sup });
    group += 1;
  }
}

/** The densest spot of a long reference: the sentence that shares most with the claim. */
function bestWindowSpot(text: string, claim: string): [number, number] {
  const terms = analyseQuestion(claim).terms;
  const lower = text.toLowerCase();
  let best: [number, number] = [0, Math.min(1, text.length)];
  let most = -1;
  for (let at = 0; at < lower.length; at += 100) {
    const slice = lower.slice(at, at + 400);
    const shared = terms.filter((term) => slice.includes(term)).length;
    if (shared > most) {
      most = shared;
      best = [Math.min(at + 100, text.length - 1), Math.min(at + 300, text.length)];
    }
  }
  return best;
}

askAll();
claims();
mkdirSync(out, { recursive: true });
writeFileSync(join(out, `tokens-${shard}.bin`), Buffer.from(Uint32Array.from(tokens).buffer));
writeFileSync(join(out, `sequences-${shard}.jsonl`), `${lines.join('\n')}\n`);
console.log(`${lines.length} sequences, ${tokens.length} tokens, ${group} groups`);
