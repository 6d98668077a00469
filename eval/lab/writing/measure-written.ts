/**
 * Writes answers over pages that were read once, without searching:
 *
 *   tsx eval/lab/writing/measure-written.ts --pages DIR/real-web.jsonl --limit 30 --out FILE
 *
 * The pages are those of `eval/bench/nuggets/collect-pages.ts`. References and drafts are kept in
 * `--kept FOLDER`, so that a change in composing costs neither ranking nor decoding. FILE gets a line an
 * answer, with drafts and verdicts; the table by kind goes to stdout.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { scoreNuggets } from '../../metrics/nuggets.ts';
import { containsNormalised } from '../../metrics/correctness.ts';
import { coveredSentences } from '../../metrics/covered-sentences.ts';
import type { PreparedQuestion } from '../../bench/nuggets/nugget-questions.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { stratifiedSample } from '../../suites/find-data.ts';
import { createApp } from '../../../src/app.ts';
import { returnOf } from '../../../src/answer/last-answer.ts';
import type { CheckedUnit, PipelineParts } from '../../../src/answer/pipeline-parts.ts';
import { writeAnswer } from '../../../src/answer/write-answer.ts';
import { loadConfig } from '../../../src/core/config.ts';
import type { Draft, Question } from '../../../src/core/nouns.ts';
import type { Generator } from '../../../src/core/seams.ts';
import { Stopwatch } from '../../../src/core/stopwatch.ts';
import { countWords } from '../../../src/core/tokens.ts';

type Row = PreparedQuestion & {
  readonly gold_sentences?: string[][];
  readonly gold_answers?: string[];
  readonly answers_all?: string[][];
};

const { values: flags } = parseArgs({
  options: {
    pages: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
    kept: { type: 'string', default: '/tmp/footnote-writing' },
    limit: { type: 'string', default: '30' },
    count: { type: 'string', default: '2' },
  },
});
const { pages, out, kept: keptFolder } = flags;
mkdirSync(keptFolder, { recursive: true });
const questions = stratifiedSample(
  readJsonLines<Row>(pages),
  { id: ({ id }) => id, kind: ({ kind }) => kind },
  Number(flags.limit),
);

/** What was worked out before for the same input, or is now. */
async function remembered<T>(input: unknown, work: () => Promise<T>): Promise<T> {
  const key = createHash('sha256').update(JSON.stringify(input)).digest('hex');
  const path = join(keptFolder, `${key}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
  const fresh = await work();
  writeFileSync(path, JSON.stringify(fresh));
  return fresh;
}

const { signal } = new AbortController();
const app = await createApp(loadConfig({ flags: { search: 'sample', answerCacheSeconds: 0 } }), {
  signal,
  onNotice: (text) => process.stderr.write(`${text}\n`),
});

/** The generator with a memory on disk. */
function remembering(generator: Generator): Generator {
  return {
    model: generator.model,
    generate: async (prompt, options) => {
      const { signal: _, onDelta, ...shape } = options;
      let decoded = false;
      const drafts = await remembered([generator.model, prompt, shape], () => {
        decoded = true;
        return generator.generate(prompt, options);
      });
      if (!decoded) drafts.forEach(({ text }, index) => onDelta?.(index, text));
      return drafts;
    },
  };
}

/** Raise this when ranking changes. */
const RANKED = 1;
writeFileSync(out, '');
const table = new Map<string, Record<string, number>[]>();
for (const row of questions) {
  const { id, kind, documents } = row;
  const question: Question = {
    text: row.question,
    language: row.lang,
    askedAt: '2026-12-01T12:00:00Z',
    sites: [],
  };
  const maxReferences = 5;
  const ranked = await remembered(
    ['references', RANKED, row.question, documents.map(({ url }) => url)],
    () => app.parts.references(question, documents, { signal, maxReferences }),
  );
  const checks: (CheckedUnit & { readonly unit: string })[] = [];
  const parts: PipelineParts = {
    ...app.parts,
    generator: async (options) => {
      const opened = await app.parts.generator(options);
      return {
        ...opened,
        generator: opened.generator === null ? null : remembering(opened.generator),
      };
    },
    writer:
      app.parts.writer === undefined
        ? undefined
        : {
            ...app.parts.writer,
            check: async (input, options) => {
              const found = (await app.parts.writer?.check(input, options)) ?? [];
              found.forEach((one, index) => {
                checks.push({ unit: input.units[index]?.text ?? '', ...one });
              });
              return found;
            },
          },
  };
  let judged: unknown = null;
  let drafts: readonly Draft[] = [];
  const watched: PipelineParts = {
    ...parts,
    judge: async (input, options) => {
      const found = await app.parts.judge(input, options);
      drafts = input.drafts;
      judged = { abstained: found.abstained, confidence: found.confidence };
      return found;
    },
  };
  const started = performance.now();
  let first: number | null = null;
  const body = await returnOf(
    writeAnswer(
      question,
      { ...ranked, queries: [], documents, warnings: [] },
      watched,
      {
        signal,
        maxResults: 10,
        maxReferences,
        drafts: Number(flags.count),
        generateTimeoutMs: 600_000,
        seed: 0,
      },
      new Stopwatch(),
    ),
    (event) => {
      if (event.type === 'sentence') first ??= performance.now() - started;
    },
  );
  const spoken = body.abstained ? '' : body.sentences.map(({ text }) => text).join('\n');
  const figures: Record<string, number> = { words: countWords(spoken) };
  if (row.answerable) figures['answered'] = body.abstained ? 0 : 1;
  else figures['declined'] = body.abstained ? 1 : 0;
  if (row.answerable && row.nuggets !== undefined) {
    figures['vital'] = scoreNuggets(row.nuggets, spoken).vital ?? 0;
    const pasted = ranked.references.map(({ text }) => text).join('\n');
    figures['vital in references'] = scoreNuggets(row.nuggets, pasted).vital ?? 0;
  }
  if (row.answerable && row.gold_sentences !== undefined) {
    const { covered, onPoint } = coveredSentences(
      row.question,
      spoken,
      row.gold_sentences,
      row.gold_answers ?? [],
    );
    figures['covered'] = body.abstained ? 0 : covered;
    if (!body.abstained) figures['on point'] = onPoint;
  }
  if (row.answers_all !== undefined) {
    figures['facts'] = row.answers_all.every((one) => containsNormalised(spoken, one)) ? 1 : 0;
  }
  figures['seconds'] = (performance.now() - started) / 1_000;
  if (first !== null) figures['first'] = first / 1_000;
  for (const name of [kind, 'ALL']) table.set(name, [...(table.get(name) ?? []), figures]);
  const line = {
    id,
    kind,
    question,
    ...figures,
    answer: spoken,
    model: body.model,
    judged,
    checks,
  };
  appendFileSync(out, `${JSON.stringify({ ...line, drafts: drafts.map(({ text }) => text) })}\n`);
}
for (const [kind, figures] of table) {
  const names = [...new Set(figures.flatMap((one) => Object.keys(one)))];
  const cells = names.map((name) => {
    const values = figures.flatMap((one) => one[name] ?? []);
    return `${name} ${(values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2)}`;
  });
  process.stdout.write(
    `${kind.padEnd(14)} ${String(figures.length).padStart(3)}  ${cells.join('  ')}\n`,
  );
}
await app.close();
