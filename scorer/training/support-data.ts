/**
 * Claims with references and labels, from the data folder (never committed). `trainable` says whether
 * the source's licence lets weights trained on it ship.
 */
import { join } from 'node:path';
import { readJsonLines } from '../../eval/read-json-lines.ts';
import { packageRoot } from '../../src/core/package-root.ts';
import { splitSentences } from '../../src/core/sentences.ts';

export interface LabelledClaim {
  readonly source: string;
  /** Examples of one group never stand on both sides of a split. */
  readonly group: string;
  readonly claim: string;
  readonly references: readonly string[];
  readonly attributable: boolean;
  readonly trainable: boolean;
}

export const dataFolder = join(packageRoot, '..', 'shared', 'data');

export function readRows<Row>(path: string): Row[] {
  return readJsonLines<Row>(join(dataFolder, path));
}

/** AttributionBench (measured only: no licence file) and WiCE (ODC-BY, trainable). */
export function attributionClaims(): LabelledClaim[] {
  return readRows<{
    source: string;
    question: string | null;
    claim: string;
    references: string[];
    label: string;
  }>('attribution-dev/claims.jsonl.gz').map((row) => ({
    source: row.source,
    group: row.question ?? row.references[0]?.slice(0, 200) ?? '',
    claim: row.claim,
    references: row.references,
    attributable: row.label === 'attributable',
    trainable: row.source === 'WiCE',
  }));
}

/** ExpertQA (MIT): claims with their evidence; only complete support counts as support. */
export function expertClaims(): LabelledClaim[] {
  return readRows<{
    question: string;
    claims: { claim_string: string; evidence: string[]; support: string | null }[];
  }>('attribution-dev/expertqa-answers.jsonl.gz').flatMap(({ question, claims }) =>
    claims
      .filter(
        ({ evidence, support }) =>
          evidence.length > 0 &&
          ['Complete', 'Incomplete', 'Partial', 'Missing'].includes(support ?? ''),
      )
      .map(({ claim_string, evidence, support }) => ({
        source: 'ExpertQA',
        group: question,
        claim: claim_string,
        references: evidence,
        attributable: support === 'Complete',
        trainable: true,
      })),
  );
}

/** FineGrainedRLHF's QA-Feedback (Apache-2.0): a sentence is unsupported where a person marked it so. */
export function longformClaims(): LabelledClaim[] {
  return readRows<{
    question: string;
    passages: { title: string; sentences: string[] }[];
    model_answer: string;
    corrected_answer: string | null;
    span_errors: { 'error type': string; start: number; end: number }[];
  }>('longform-dev/qa-feedback.jsonl.gz').flatMap((row) => {
    const references = row.passages.map(({ sentences }) => sentences.join(' '));
    const make = (claim: string, attributable: boolean): LabelledClaim => ({
      source: 'QA-Feedback',
      group: row.question,
      claim,
      references,
      attributable,
      trainable: true,
    });
    const wrong = row.span_errors.filter((error) =>
      /ground|unverif|factual/iu.test(error['error type']),
    );
    const claims = splitSentences(row.model_answer).map(({ start, end }) =>
      make(
        row.model_answer.slice(start, end),
        !wrong.some((error) => error.start < end && error.end > start),
      ),
    );
    return claims.filter(({ claim }) => claim.length > 15);
  });
}
