/**
 * Collects what the judge sees for frozen-web questions (references, drafts, answerability), so that
 * selection and composition can be measured in seconds: `measure-selection.ts` reads the file.
 *
 * npx tsx eval/lab/answerable/collect-traces.ts --data DIR --out FILE [--en 120] [--zh 80] [--none 60] [--drafts 4]
 *
 * Questions start after those that `footnote eval frozen-web` asks by default, so that what is tuned
 * here is reported there on other questions.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createApp } from '../../../src/app.ts';
import { answerQuestion } from '../../../src/answer/answer-pipeline.ts';
import { returnOf } from '../../../src/answer/last-answer.ts';
import type { PipelineParts } from '../../../src/answer/pipeline-parts.ts';
import { loadConfig } from '../../../src/core/config.ts';
import type { Question } from '../../../src/core/nouns.ts';
import { questionLanguage } from '../../../src/core/question-language.ts';
import {
  readPages,
  readQuestions,
  sampleQuestions,
} from '../../suites/frozen-web/frozen-web-data.ts';
import { startFrozenWeb } from '../../suites/frozen-web/frozen-web-server.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/frozen-web-dev' },
    out: { type: 'string', default: '/tmp/traces.jsonl' },
    en: { type: 'string', default: '120' },
    zh: { type: 'string', default: '80' },
    none: { type: 'string', default: '60' },
    drafts: { type: 'string', default: '4' },
  },
});

/** What `footnote eval frozen-web` asks at its default limit. */
const REPORTED = { en: 40, zh: 20, unanswerable: 20 } as const;

const signal = new AbortController().signal;
const pages = readPages(values.data);
const questions = readQuestions(values.data);
const web = await startFrozenWeb(pages);
const app = await createApp(
  loadConfig({
    flags: { search: 'searxng', searxngUrl: web.origin, fetchAllow: web.allow },
  }),
  { signal },
);
await app.warm();
writeFileSync(values.out, '');
for (const [kind, count] of [
  ['en', Number(values.en)],
  ['zh', Number(values.zh)],
  ['unanswerable', Number(values.none)],
] as const) {
  const skip = REPORTED[kind];
  const chosen = sampleQuestions(questions, kind, skip + count).slice(skip);
  for (const [index, one] of chosen.entries()) {
    const question: Question = {
      text: one.question,
      language: await questionLanguage(one.question),
      askedAt: new Date().toISOString(),
      sites: [],
    };
    let seen: unknown = null;
    const parts: PipelineParts = {
      ...app.parts,
      judge: (input, options) => {
        seen = input;
        return app.parts.judge(input, options);
      },
    };
    const run = answerQuestion(question, parts, {
      signal,
      maxResults: 10,
      maxReferences: 5,
      drafts: Number(values.drafts),
      generateTimeoutMs: 120_000,
      seed: index,
    });
    await returnOf(run);
    appendFileSync(
      values.out,
      `${JSON.stringify({ kind, qid: one.qid, gold: one.answers, input: seen })}\n`,
    );
    process.stderr.write(`\r${kind} ${index + 1}/${chosen.length} `);
  }
}
await app.close();
await web.close();
