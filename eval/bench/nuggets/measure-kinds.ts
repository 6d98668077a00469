/* oxlint-disable no-console -- a measurement reports on the terminal */
/**
 * How often the kind of a question is told right, on the questions of `real-web-dev` and `docs-dev`, whose
 * own kind fields are the labels:
 *
 *   npx tsx eval/bench/nuggets/measure-kinds.ts [--data ../shared/data] [--misses]
 *
 * A label of those sets may cover two of ours: their "how" is a procedure or an explanation, their
 * "factoid" a fact or a figure. The patterns were written with these questions at hand.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { askedQuestion } from '../../../src/answer/understand/asked-question.ts';
import type { QuestionKind } from '../../../src/core/question-kind.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import type { NuggetQuestion } from './nugget-questions.ts';

const OURS: Readonly<Record<string, readonly QuestionKind[]>> = {
  factoid: ['fact', 'number'],
  number: ['number'],
  definition: ['definition'],
  'what-is': ['definition'],
  list: ['list'],
  how: ['how-to', 'explanation'],
  'how-to': ['how-to'],
  why: ['explanation'],
  error: ['explanation', 'how-to'],
  comparison: ['comparison'],
  difference: ['comparison'],
  yesno: ['yes-no'],
  summary: ['summary'],
  opinion: ['opinion'],
};

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot, '../shared/data') },
    misses: { type: 'boolean', default: false },
  },
});

let right = 0;
let all = 0;
const byKind = new Map<string, { right: number; all: number }>();
for (const set of ['real-web-dev', 'docs-dev']) {
  for (const row of readJsonLines<NuggetQuestion>(join(values.data, set, 'questions.jsonl.gz'))) {
    const wanted = OURS[row.kind];
    if (wanted === undefined) continue;
    const { kind, parts } = askedQuestion(row.question);
    // A question of several parts is also of the kind of any part.
    const hit = wanted.includes(kind);
    const tally = byKind.get(row.kind) ?? { right: 0, all: 0 };
    tally.all += 1;
    all += 1;
    if (hit) {
      tally.right += 1;
      right += 1;
    } else if (values.misses) {
      console.log(
        `${row.kind} taken for ${kind}: ${row.question} [${parts.map(({ text }) => text).join(' | ')}]`,
      );
    }
    byKind.set(row.kind, tally);
  }
}
for (const [kind, tally] of byKind) {
  console.log(kind.padEnd(12), `${tally.right} of ${tally.all}`);
}
console.log(`all          ${right} of ${all} (${(right / all).toFixed(3)})`);
