/**
 * What citation lets through: claims that people judged, of questions that the cross-encoder was not trained on,
 * as drafts of one sentence with their references; with and without the cross-encoder:
 *
 *   npx tsx eval/bench/scoring/measure-cited-claims.ts --weights e5-small-q4.bin
 *
 * A claim is kept when it stands in the answer in its own words (a quotation in its place is none). Beside
 * it the made-false sentences of the citation bench, and the time that the cross-encoder takes.
 */
import { parseArgs } from 'node:util';
import { isHeldOutClaim } from '../../lab/cross-encoder/held-out.ts';
import { citePrepared } from '../../../scorer/citation/cite.ts';
import { prepareReferences } from '../../../scorer/citation/prepared-reference.ts';
import { SecondOpinions } from '../../../scorer/support/second-opinion.ts';
import { claimText } from '../../../scorer/support/support.ts';
import { attributionClaims } from '../../lab/support/support-data.ts';
import type { Draft, Reference } from '../../../src/core/nouns.ts';
import { CrossEncoder } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { draftOf } from '../../../src/core/draft-of.ts';
import { benchReference, citationCases } from './citation-bench.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string', default: '' },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    paragraphs: { type: 'string', default: '120' },
  },
});
const { signal } = new AbortController();
const crossEncoder = await CrossEncoder.load({
  weightsPath: values.weights,
  cacheDir: values.cache,
  threads: 1,
});

interface Case {
  readonly kind: string;
  readonly draft: Draft;
  readonly references: readonly Reference[];
  readonly language: string;
}
const claims = attributionClaims()
  .filter(
    ({ group, references, partial }) =>
      partial !== true && isHeldOutClaim({ question: group, references }),
  )
  .map(({ claim, references, attributable }): Case => ({
    kind: attributable ? 'claim, supported' : 'claim, not supported',
    draft: draftOf(claimText(claim)),
    references: references.map((text, at) => benchReference(at + 1, '', text, 'en')),
    language: 'en',
  }));
const rows: { kind: string; plain: boolean; read: boolean; pairs: number; ms: number }[] = [];
const flat = (text: string): string => text.replace(/\s+/gu, '');
for (const { kind, draft, references, language } of [
  ...claims,
  ...citationCases(Number(values.paragraphs)),
]) {
  const prepared = prepareReferences(references);
  const opinions = new SecondOpinions();
  const kept = (heard?: SecondOpinions): boolean =>
    flat(
      citePrepared(draft, prepared, { question: '', language, opinions: heard })
        .sentences.map(({ text }) => text)
        .join(''),
    ).includes(flat(draft.text).slice(0, -1));
  const plain = kept();
  kept(opinions);
  const pairs = opinions.wanted(8);
  const began = performance.now();
  for (const pair of pairs) {
    opinions.learn(pair, await crossEncoder.support(pair.claim, pair.text, { signal }));
  }
  const ms = performance.now() - began;
  rows.push({ kind, plain, read: kept(opinions), pairs: pairs.length, ms });
}
const share = (list: readonly number[]): number =>
  Math.round((list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length)) * 1e3) / 1e3;
console.table(
  Object.fromEntries(
    [...new Set(rows.map(({ kind }) => kind))].map((kind) => {
      const own = rows.filter((row) => row.kind === kind);
      return [
        kind,
        {
          n: own.length,
          'kept, features': share(own.map(({ plain }) => (plain ? 1 : 0))),
          'kept, with the cross-encoder': share(own.map(({ read }) => (read ? 1 : 0))),
          pairs: share(own.map(({ pairs }) => pairs)),
          ms: share(own.map(({ ms }) => ms)),
        },
      ];
    }),
  ),
);
