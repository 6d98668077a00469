/**
 * The reader's support head on claims of questions it was not trained on, beside today's judge:
 *
 *   npx tsx eval/scoring/measure-reader-support.ts --weights e5-small-q4.bin [--reader FILE] [--limit 500]
 *
 * Balanced accuracy at one half; the two together by a logistic model, cross-validated by question.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fitLogistic } from '../../retriever/rank/training/fit-logistic.ts';
import { isHeldOutClaim } from '../../retriever/rank/training/reader/reader-split.ts';
import { support } from '../../scorer/support/support.ts';
import { packageRoot } from '../../src/core/package-root.ts';
import { Reader } from '../../src/runtime/reader/reader.ts';
import { readJsonLines } from '../read-json-lines.ts';
import { stableHash } from '../training/stable-hash.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string', default: '' },
    reader: { type: 'string' },
    data: { type: 'string', default: join(packageRoot, '../shared/data/attribution-dev') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    limit: { type: 'string', default: '1000' },
    form: { type: 'string', default: 'int8' },
  },
});
interface Claim {
  readonly id: string;
  readonly source: string;
  readonly question: string | null;
  readonly claim: string;
  readonly references: readonly string[];
  readonly label: string;
}
interface Judged {
  readonly source: string;
  readonly fold: number;
  readonly right: boolean;
  readonly reader: number;
  readonly today: number;
  readonly together: number;
}

const reader = await Reader.load({
  weightsPath: values.weights,
  cacheDir: values.cache,
  threads: 1,
  form: values.form === 'float32' ? 'float32' : 'int8',
  ...(values.reader === undefined ? {} : { readerPath: values.reader }),
});
const { signal } = new AbortController();
const claims = readJsonLines<Claim>(join(values.data, 'claims.jsonl.gz'))
  .filter((claim) => claim.label !== 'partial' && isHeldOutClaim(claim))
  .toSorted((a, b) => stableHash(a.id) - stableHash(b.id))
  .slice(0, Number(values.limit));
const judged: Judged[] = [];
let milliseconds = 0;
for (const { source, question, claim, references, label } of claims) {
  const text = references.join('\n\n');
  const began = performance.now();
  const own = text.trim() === '' ? 0 : await reader.support(claim, text, { signal });
  milliseconds += performance.now() - began;
  judged.push({
    source,
    fold: stableHash(question ?? text.slice(0, 200)) % 5,
    right: label === 'attributable',
    reader: own,
    today: support(claim, references).support,
    together: 0,
  });
}
const logit = (p: number): number => {
  const safe = Math.min(0.999, Math.max(0.001, p));
  return Math.log(safe / (1 - safe));
};
const row = ({ reader: own, today }: Judged): number[] => [logit(own), logit(today)];
const models: Record<number, ReturnType<typeof fitLogistic>> = {};
const all = judged.map((one): Judged => {
  const rest = judged.filter(({ fold }) => fold !== one.fold);
  const model = fitted(rest, one.fold);
  return { ...one, together: model.predict(row(one)) };
});
function fitted(rest: readonly Judged[], fold: number) {
  models[fold] ??= fitLogistic(
    rest.map(row),
    rest.map(({ right }) => (right ? 1 : 0)),
  );
  return models[fold];
}
const mean = (list: readonly number[]): number =>
  list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length);
function balanced(
  list: readonly Judged[],
  name: 'reader' | 'today' | 'together',
  at = 0.5,
): number {
  const rate = (side: boolean): number =>
    mean(
      list.filter(({ right }) => right === side).map((one) => (one[name] > at === side ? 1 : 0)),
    );
  return (rate(true) + rate(false)) / 2;
}
console.log('balanced accuracy | claims | reader, today, together (cross-validated)');
const sources = [...new Set(all.map(({ source }) => source))].toSorted();
for (const source of ['all', 'AttributionBench', ...sources]) {
  const list = all.filter((one) => source === 'all' || one.source.startsWith(source));
  const cells = (['reader', 'today', 'together'] as const).map((name) =>
    balanced(list, name).toFixed(3),
  );
  console.log(source.padEnd(38), String(list.length).padStart(4), ...cells);
}
const thresholds = Array.from({ length: 19 }, (_, at) => (at + 1) / 20);
for (const name of ['reader', 'today'] as const) {
  const [best] = thresholds
    .map((at) => ({ at, accuracy: balanced(all, name, at) }))
    .sort((a, b) => b.accuracy - a.accuracy);
  console.log(`${name}, best threshold ${String(best?.at)}: ${best?.accuracy.toFixed(3) ?? ''}`);
}
console.log(`${(milliseconds / Math.max(1, all.length)).toFixed(0)} ms a claim`);
