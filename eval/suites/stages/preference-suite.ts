/** Pairs that people judged: does the scorer prefer the same answer? */
import { z } from 'zod';
import { countWords } from '../../../src/core/tokens.ts';
import { readRows } from '../frozen-web/frozen-web-data.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { findData, fixedSample } from '../find-data.ts';
import type { StageSuite } from '../suite.ts';
import { accuracyTable } from './accuracy-table.ts';

const schema = z.looseObject({
  id: z.string(),
  source: z.string(),
  lang: z.string(),
  prompt: z.string(),
  passages: z.array(z.object({ title: z.string(), text: z.string() })).optional(),
  answer_a: z.string(),
  answer_b: z.string(),
  label: z.enum(['a', 'b', 'tie']),
});

/** How different the two are in length, as the ratio of their words. */
function lengthBin(a: string, b: string): string {
  const [short, long] = [countWords(a), countWords(b)].toSorted((x, y) => x - y);
  const ratio = (long ?? 1) / Math.max(1, short ?? 1);
  if (ratio < 1.1) return 'ratio under 1.1';
  if (ratio < 1.5) return 'ratio 1.1 to 1.5';
  return ratio < 3 ? 'ratio 1.5 to 3' : 'ratio over 3';
}

/** A stated length preference makes `longer wins` right; the scorer should not need it. */
export const preferenceSuite: StageSuite = {
  kind: 'stage',
  name: 'preference',
  description: 'pairs of answers that people judged: accuracy of the scorer, by length and source',
  stage: 'score',
  needsData: true,
  items: (options) => {
    const rows = readRows(findData(options.data, /(?:^|\/)(?:dev|test)\.jsonl/u), schema).filter(
      ({ label }) => label !== 'tie',
    );
    return fixedSample(rows, ({ id }) => id, options.limit).map((row) => {
      const longer = countWords(row.answer_a) >= countWords(row.answer_b) ? 'a' : 'b';
      return {
        id: row.id,
        group: row.lang === 'en' ? 'en' : 'zh',
        title: row.prompt,
        labels: {
          source: row.source.split('/')[0] ?? row.source,
          length: lengthBin(row.answer_a, row.answer_b),
          wanted: longer === row.label ? 'the longer one is better' : 'the shorter one is better',
        },
        line: {
          id: row.id,
          question: row.prompt,
          answer_a: row.answer_a,
          answer_b: row.answer_b,
          references: row.passages,
        },
        measure: ({ score_a, score_b }): Record<string, number> => {
          const difference = Number(score_a) - Number(score_b);
          const right = difference === 0 ? 0.5 : difference > 0 === (row.label === 'a') ? 1 : 0;
          return {
            accuracy: right,
            right,
            accuracy_longer_wins: longer === row.label ? 1 : 0,
            margin: Math.abs(difference),
          };
        },
      };
    });
  },
  summarise: (records: readonly EvalRecord[]) => ({
    'by source': accuracyTable(records, 'source', ['accuracy', 'accuracy_longer_wins']),
    'by difference in length': accuracyTable(records, 'length', [
      'accuracy',
      'accuracy_longer_wins',
    ]),
    'by which is better': accuracyTable(records, 'wanted', ['accuracy']),
  }),
};
