/**
 * `npx tsx eval/bench/generation/direct-prompt.ts [--data DIR] [--weights FILE] [--half odd] [--limit 60] [--prompt FILE.json]`
 * measures a chat prompt: the best sentences of the gold paragraph (by overlap with the question) go
 * in, and the share of answers that hold a gold answer is printed, English and Chinese. Prompts are
 * tuned on even pages and reported on odd ones.
 */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LocalGenerator } from '../../../generator/local-generator.ts';
import { fillPrompt, parsePromptData } from '../../../generator/prompt/build-prompt.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { splitSentences } from '../../../src/core/sentences.ts';
import { countWords, foldHan, terms } from '../../../src/core/tokens.ts';
import { weights } from '../../../test/weights.ts';

interface Row {
  readonly lang: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly answerable: boolean;
  readonly standalone?: boolean;
  readonly page_id: string;
  readonly para_id: string;
}
interface Page {
  readonly page_id: string;
  readonly paragraphs: readonly { readonly para_id: string; readonly text: string }[];
}

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot, '..', 'shared', 'data', 'frozen-web-dev') },
    weights: { type: 'string' },
    half: { type: 'string', default: 'odd' },
    limit: { type: 'string', default: '60' },
    sentences: { type: 'string', default: '4' },
    prompt: { type: 'string', default: join(packageRoot, 'generator', 'prompt', 'direct.json') },
    show: { type: 'boolean', default: false },
    language: { type: 'string', default: 'both' },
    free: { type: 'boolean', default: false },
    cache: { type: 'string', default: join(tmpdir(), 'footnote-parity') },
  },
});
const pages = readJsonLines<Page>(join(values.data, 'pages.jsonl.gz'));
const paragraphs = new Map(
  pages.flatMap((page) => page.paragraphs.map((p) => [p.para_id, p.text])),
);
const wanted = new Set(
  pages.filter((_, index) => index % 2 === (values.half === 'even' ? 0 : 1)).map((p) => p.page_id),
);
const limit = Number(values.limit);
const fold = (text: string): string =>
  foldHan(text.normalize('NFKC').toLowerCase()).replace(/[\s\p{P}]+/gu, '');

/** Every n-th question, so that they spread over the pages. */
function pick(isChinese: boolean): Row[] {
  const fitting = readJsonLines<Row>(join(values.data, 'questions.jsonl.gz')).filter(
    (row) =>
      row.answerable &&
      wanted.has(row.page_id) &&
      paragraphs.has(row.para_id) &&
      (isChinese ? row.lang.startsWith('zh-') : row.lang === 'en' && row.standalone === true),
  );
  const step = Math.max(1, Math.floor(fitting.length / limit));
  return fitting.filter((_, index) => index % step === 0).slice(0, limit);
}

/** Sentences of a paragraph by overlap with the question, best first. */
function evidenceOf(row: Row): { text: string }[] {
  const text = paragraphs.get(row.para_id) ?? '';
  const asked = new Set(terms(row.question, { stem: true }));
  return splitSentences(text)
    .map(({ start, end }) => {
      const sentence = text.slice(start, end);
      const own = new Set(terms(sentence, { stem: true }));
      return { text: sentence, score: [...asked].filter((term) => own.has(term)).length };
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, Number(values.sentences));
}

const path = values.weights ?? weights('qwen2.5-coder-0.5b');
if (path === null)
  throw new Error('no weights: footnote models pull qwen2.5-coder-0.5b, or --weights');
const { signal } = new AbortController();
const generator = await LocalGenerator.open({
  weightsPath: path,
  model: 'measured',
  cacheDir: values.cache,
  threads: 2,
  device: 'cpu',
  signal,
});
const prompt = parsePromptData(JSON.parse(readFileSync(values.prompt, 'utf8')));
for (const [name, chinese] of [
  ['English', false],
  ['Chinese', true],
] as const) {
  if (values.language !== 'both' && values.language !== (chinese ? 'zh' : 'en')) continue;
  const rows = pick(chinese);
  let hits = 0;
  let inEvidence = 0;
  let inBest = 0;
  let words = 0;
  let promptTokens = 0;
  let milliseconds = 0;
  for (const row of rows) {
    const evidence = evidenceOf(row);
    const holds = (text: string): boolean =>
      row.answers.some((answer) => fold(text).includes(fold(answer)));
    const built = fillPrompt(prompt, {
      question: { text: row.question, language: chinese ? 'zh' : 'en' },
      references: [],
      evidence,
    });
    const start = performance.now();
    const [draft] = await generator.generate(built, {
      drafts: 1,
      maxTokens: 64,
      temperature: 0,
      topP: 1,
      topK: 1,
      seed: 1,
      signal,
      ...(values.free ? { minTokens: 0, banLeadingMarks: false } : {}),
    });
    milliseconds += performance.now() - start;
    const text = draft?.text ?? '';
    const hit = holds(text);
    hits += Number(hit);
    inEvidence += Number(evidence.some((sentence) => holds(sentence.text)));
    inBest += Number(holds(evidence[0]?.text ?? ''));
    words += countWords(text);
    promptTokens += draft?.promptTokens ?? 0;
    if (values.show && !hit) console.log(`- ${row.question} | ${row.answers[0]} | ${text}`);
  }
  const share = (count: number): string => (count / rows.length).toFixed(3);
  console.log(
    `${name}, ${rows.length} questions of ${values.half} pages: gold answer in the answer ${share(hits)}, ` +
      `in the best sentence ${share(inBest)}, in the evidence ${share(inEvidence)}; ` +
      `${(words / rows.length).toFixed(1)} words, ${(promptTokens / rows.length).toFixed(0)} prompt tokens, ` +
      `${(milliseconds / rows.length).toFixed(0)} ms`,
  );
}
await generator.close();
