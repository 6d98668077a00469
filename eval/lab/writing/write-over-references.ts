/**
 * Writes answers over references that an evaluation run found, without searching again:
 *
 *   tsx eval/lab/writing/write-over-references.ts --data real-web-dev/questions.jsonl.gz --run RUN --out FILE
 *
 * RUN is the folder of a run of `footnote eval` (its `traces.jsonl` holds the references). Drafts are kept
 * in `--drafts FOLDER` by model and prompt, so that a change in composing costs no decoding. FILE gets a
 * line an answer, with drafts and verdicts; the table by kind goes to stdout.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { scoreNuggets } from '../../metrics/nuggets.ts';
import { containsNormalised } from '../../metrics/correctness.ts';
import { coveredSentences } from '../../metrics/covered-sentences.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { createApp } from '../../../src/app.ts';
import { returnOf } from '../../../src/answer/last-answer.ts';
import type { CheckedUnit, PipelineParts } from '../../../src/answer/pipeline-parts.ts';
import { writeAnswer } from '../../../src/answer/write-answer.ts';
import { loadConfig } from '../../../src/core/config.ts';
import type { Draft } from '../../../src/core/nouns.ts';
import type { Generator } from '../../../src/core/seams.ts';
import { Stopwatch } from '../../../src/core/stopwatch.ts';
import { countWords } from '../../../src/core/tokens.ts';

interface Row {
  readonly id?: string;
  readonly qid?: string;
  readonly kind?: string;
  readonly answerable: boolean;
  readonly nuggets?: Parameters<typeof scoreNuggets>[0];
  readonly gold_sentences?: string[][];
  readonly gold_answers?: string[];
  readonly answers_all?: string[][];
}

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    run: { type: 'string' },
    out: { type: 'string' },
    drafts: { type: 'string', default: '/tmp/footnote-drafts' },
    limit: { type: 'string' },
    count: { type: 'string', default: '2' },
  },
});
const { data = '', run = '', out = '', drafts: draftFolder } = flags;
mkdirSync(draftFolder, { recursive: true });
const rows = new Map(
  (readJsonLines(data) as Row[]).map((row) => [row.id ?? row.qid ?? '', row] as const),
);
const traces = (readJsonLines(join(run, 'traces.jsonl')) as EvalRecord[]).slice(
  0,
  flags.limit === undefined ? undefined : Number(flags.limit),
);
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
      const key = createHash('sha256')
        .update(JSON.stringify([generator.model, prompt, shape]))
        .digest('hex');
      const path = join(draftFolder, `${key}.json`);
      if (existsSync(path)) {
        const kept = JSON.parse(readFileSync(path, 'utf8')) as Draft[];
        kept.forEach(({ text }, index) => onDelta?.(index, text));
        return kept;
      }
      const fresh = await generator.generate(prompt, options);
      writeFileSync(path, JSON.stringify(fresh));
      return fresh;
    },
  };
}

writeFileSync(out, '');
const table = new Map<string, Record<string, number>[]>();
for (const { id, question, labels, trace, answer } of traces) {
  const row = rows.get(id);
  if (row === undefined || trace === undefined || answer === null) continue;
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
      {
        text: question,
        language: answer.language,
        askedAt: '2026-12-01T12:00:00Z',
        sites: [],
      },
      {
        references: trace.references,
        answerability: trace.answerability ?? 0,
        queries: [],
        documents: [],
        warnings: [],
      },
      watched,
      {
        signal,
        maxResults: 10,
        maxReferences: 6,
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
    const pasted = trace.references.map(({ text }) => text).join('\n');
    figures['vital in references'] = scoreNuggets(row.nuggets, pasted).vital ?? 0;
  }
  if (row.answerable && row.gold_sentences !== undefined) {
    const { covered, onPoint } = coveredSentences(
      question,
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
  const kind = labels?.['kind'] ?? 'other';
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
