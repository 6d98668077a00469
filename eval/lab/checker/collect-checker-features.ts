/**
 * One JSON line for each claim of `model-sentences-dev` and `attribution-dev`: its features as the checker
 * computes them, its labels and its group. For `fit-checker.ts`:
 *
 *   npx tsx eval/lab/checker/collect-checker-features.ts --weights e5-small-q4.bin [--update FILE] --out FILE.jsonl
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { boundedOdds } from '../../../scorer/support/checker.ts';
import { checkedFacts, checkerFeatures } from '../../../scorer/support/checker-features.ts';
import { isNoClaim } from '../../../scorer/support/no-claim.ts';
import { prepareReferences } from '../../../scorer/support/prepared-references.ts';
import { speaksAnother } from '../../../scorer/support/speaks-another.ts';
import { claimText, supportProbability } from '../../../scorer/support/support.ts';
import { profileOf } from '../../../scorer/support/text-profile.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { CrossEncoder } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { stableHash } from '../trees/stable-hash.ts';
import type { CheckerRow } from './checker-row.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string', default: '' },
    /** The cross-encoder's update; default: the one that ships. */
    update: { type: 'string' },
    data: { type: 'string', default: join(packageRoot, '../shared/data') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    out: { type: 'string', default: '' },
    /** Attribution claims, in the order of a hash. */
    attribution: { type: 'string', default: '1200' },
  },
});

interface ModelSentence {
  readonly id: string;
  readonly qid: string;
  readonly lang: string;
  readonly set: string;
  readonly question: string;
  readonly sentence: string;
  readonly references: readonly { readonly title: string; readonly text: string }[];
  readonly support: 'supported' | 'partly' | 'unsupported' | 'no_claim';
  readonly contradicts: boolean;
  readonly copied: boolean;
  readonly error_kind: string | null;
}
interface AttributionClaim {
  readonly id: string;
  readonly source: string;
  readonly question: string | null;
  readonly claim: string;
  readonly references: readonly string[];
  readonly label: 'attributable' | 'not_attributable' | 'partial';
}
interface Wanted {
  readonly row: Omit<
    CheckerRow,
    'features' | 'factMissing' | 'quantityMissing' | 'across' | 'noClaim'
  >;
  readonly question: string | null;
  readonly references: readonly { readonly title: string; readonly text: string }[];
}

const { signal } = new AbortController();
const crossEncoder = await CrossEncoder.load({
  weightsPath: values.weights,
  cacheDir: values.cache,
  threads: 1,
  ...(values.update === undefined ? {} : { updatePath: values.update }),
});
const wanted: Wanted[] = [];
const sentences = join(values.data, 'model-sentences-dev/sentences.jsonl.gz');
for (const row of readJsonLines<ModelSentence>(sentences)) {
  wanted.push({
    row: {
      id: row.id,
      set: row.set,
      group: row.qid,
      claim: row.sentence,
      label: row.support === 'no_claim' ? 'no-claim' : row.support,
      contradicts: row.contradicts,
      copied: row.copied,
      kind: row.error_kind ?? '',
    },
    question: row.question,
    references: row.references,
  });
}
const claims = [
  ...readJsonLines<AttributionClaim>(join(values.data, 'attribution-dev/claims.jsonl.gz')),
].toSorted((a, b) => stableHash(a.id) - stableHash(b.id));
for (const row of claims.slice(0, Number(values.attribution))) {
  const label = { attributable: 'supported', partial: 'partly', not_attributable: 'unsupported' };
  wanted.push({
    row: {
      id: row.id,
      set: `attribution ${row.source}`,
      group: row.question ?? row.references[0]?.slice(0, 200) ?? '',
      claim: row.claim,
      label: label[row.label] as CheckerRow['label'],
      contradicts: false,
      copied: false,
      kind: '',
    },
    question: row.question,
    references: row.references.map((text) => ({ title: '', text })),
  });
}

const lines: string[] = [];
const began = performance.now();
for (const { row, question, references } of wanted) {
  const text = claimText(row.claim);
  const claim = profileOf(text);
  const prepared = prepareReferences(references);
  const checked = checkedFacts(claim, prepared);
  const features = checkerFeatures(claim, prepared, checked, {
    wordModel: boundedOdds(supportProbability(checked.facts)),
    question: question === null ? null : profileOf(question),
    crossEncoder: await crossEncoder.supportOdds(text, checked.evidence.text, { signal }),
  });
  lines.push(
    JSON.stringify({
      ...row,
      factMissing: checked.facts.factMissing,
      quantityMissing: checked.facts.quantityMissing,
      across: await speaksAnother(text, checked.evidence),
      noClaim: isNoClaim(text, claim.tokens.length),
      features: features.map((value) => Number(value.toFixed(4))),
    } satisfies CheckerRow),
  );
}
writeFileSync(values.out, `${lines.join('\n')}\n`);
console.log(
  `${lines.length} claims, ${Math.round((performance.now() - began) / lines.length)} ms each`,
);
