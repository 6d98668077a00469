/**
 * Writes the checker's training sequences, tokenised by the product's own tokenizer, each claim with the
 * evidence that the product itself would compose for it:
 *
 *   npx tsx eval/lab/checker/dump-checker-data.ts --weights e5-small-q4.bin --out DIR
 *
 * `tokens.bin` (little endian u32 ids, one sequence after the other) and `sequences.jsonl` (one line a
 * sequence: labels, where its tokens lie, which tokens of the claim do not follow). Deterministic. Of
 * `entailment` only rows that may be trained on are marked for training; `model-sentences-dev` is marked
 * `model-sentences` and left to the last, cross-validated stage.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { E5Tokenizer } from '../../../src/runtime/e5/e5-tokenizer.ts';
import { readE5Weights } from '../../../src/runtime/e5/e5-weights.ts';
import { pairTokens } from '../../../src/runtime/cross-encoder/pair-tokens.ts';
import { composeEvidence, readEvidenceSource } from '../../../scorer/support/compose-evidence.ts';
import { profileOf } from '../../../scorer/support/text-profile.ts';
import { claimText } from '../../../scorer/support/support.ts';
import { seededRandom } from '../trees/seeded-random.ts';
import { stableHash } from '../trees/stable-hash.ts';
import { entailmentRows } from './entailment-rows.ts';
import { changedSentences } from './changed-sentences.ts';
import type { TrainingPair } from './training-pair.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    data: { type: 'string', default: join(packageRoot, '../shared/data') },
    out: { type: 'string' },
    /** Share of each large source: a training of an hour on busy cores sees no more than 0.3. */
    share: { type: 'string', default: '1' },
  },
});
const out = values.out ?? '';
if (values.weights === undefined || out === '') throw new Error('--weights and --out are needed');
const MOST = 224;
const tokenizer = E5Tokenizer.of((await readE5Weights(values.weights)).vocabulary);

interface ModelSentence {
  readonly id: string;
  readonly qid: string;
  readonly lang: string;
  readonly set: string;
  readonly sentence: string;
  readonly references: readonly { readonly title: string; readonly text: string }[];
  readonly support: string;
  readonly contradicts: boolean;
  readonly copied: boolean;
}
interface AttributionClaim {
  readonly id: string;
  readonly source: string;
  readonly question: string | null;
  readonly claim: string;
  readonly references: readonly string[];
  readonly label: string;
}

function* modelSentences(): Generator<TrainingPair> {
  const path = join(values.data, 'model-sentences-dev/sentences.jsonl.gz');
  for (const row of readJsonLines<ModelSentence>(path)) {
    if (row.support === 'no_claim') continue;
    yield {
      id: row.id,
      source: 'model-sentences',
      part: row.set,
      group: row.qid,
      use: row.set === 'rgb-zh' ? 'measure' : 'later',
      claim: row.sentence,
      references: row.references,
      supported: row.support === 'supported' ? 1 : 0,
      main: row.support === 'unsupported' ? 0 : 1,
      contradicted: row.contradicts ? 1 : 0,
      wrong: row.support === 'supported' ? [] : null,
      copied: row.copied,
    };
  }
}

function* attribution(): Generator<TrainingPair> {
  const path = join(values.data, 'attribution-dev/claims.jsonl.gz');
  for (const row of readJsonLines<AttributionClaim>(path)) {
    const group = row.question ?? row.references[0]?.slice(0, 200) ?? '';
    yield {
      id: row.id,
      source: 'attribution',
      part: row.source,
      group,
      // A fifth of the questions is never trained on: the support suite's figures come from it.
      use: stableHash(`reader fold ${group}`) % 5 === 0 ? 'measure' : 'train',
      claim: row.claim,
      references: row.references.map((text) => ({ title: '', text })),
      supported: row.label === 'attributable' ? 1 : 0,
      main: row.label === 'partial' || row.label === 'attributable' ? 1 : -1,
      contradicted: row.label === 'not_attributable' ? -1 : 0,
      wrong: row.label === 'attributable' ? [] : null,
    };
  }
}

mkdirSync(out, { recursive: true });
const tokensFile = openSync(join(out, 'tokens.bin'), 'w');
const lines: string[] = [];
let offset = 0;
const counts = new Map<string, number>();

function emit(pair: TrainingPair): void {
  const claim = claimText(pair.claim);
  const shift = claim === pair.claim ? 0 : -1;
  const sources = pair.references.map(({ title, text }) => readEvidenceSource(text, title));
  const evidence = composeEvidence(profileOf(claim), sources);
  const { ids } = pairTokens(tokenizer, claim, { title: '', text: evidence.text }, MOST);
  const { starts, ends } = tokenizer.encodeWithOffsets(claim);
  const length = Math.max(0, ids.indexOf(tokenizer.eos) - 1);
  // Places are those of the claim as given: without them where marks were taken out.
  const wrong =
    pair.wrong === null || (shift < 0 && pair.wrong.length > 0)
      ? null
      : Array.from({ length }, (_, index) => index).filter((index) =>
          pair.wrong?.some(([from, to]) => (starts[index] ?? 0) < to && (ends[index] ?? 0) > from),
        );
  lines.push(
    JSON.stringify({
      id: pair.id,
      source: pair.source,
      part: pair.part,
      group: pair.group,
      use: pair.use,
      sup: pair.supported,
      main: pair.main,
      con: pair.contradicted,
      copied: pair.copied === true,
      share: Math.round(evidence.share * 1000) / 1000,
      claim: length,
      wrong,
      off: offset,
      len: ids.length,
    }),
  );
  const bytes = Buffer.from(Uint32Array.from(ids).buffer);
  writeSync(tokensFile, bytes);
  offset += ids.length;
  const key = `${pair.use} ${pair.source}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const random = seededRandom(5);
for (const pairs of [
  modelSentences(),
  attribution(),
  entailmentRows(values.data),
  changedSentences(values.data),
]) {
  for (const pair of pairs) {
    const all = pair.source === 'model-sentences' || pair.source === 'attribution';
    if (all || random() < Number(values.share)) emit(pair);
  }
}
closeSync(tokensFile);
writeFileSync(join(out, 'sequences.jsonl'), `${lines.join('\n')}\n`);
console.log(Object.fromEntries(counts), `${lines.length} pairs, ${offset} tokens`);
