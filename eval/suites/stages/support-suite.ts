/** Claims and their references, judged by people: does the support judge agree? */
import { z } from 'zod';
import { readRows } from '../frozen-web/frozen-web-data.ts';
import { areaUnderRoc, balancedAccuracy, calibrationError } from '../../metrics/classification.ts';
import { lexicalSupport } from '../../metrics/lexical-judge.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { findData, fixedSample } from '../find-data.ts';
import type { StageSuite } from '../suite.ts';

const schema = z.looseObject({
  id: z.string(),
  source: z.string(),
  claim: z.string(),
  references: z.array(z.string()),
  label: z.enum(['attributable', 'not_attributable', 'partial']),
});

export const supportSuite: StageSuite = {
  kind: 'stage',
  name: 'support',
  description: 'AttributionBench and WiCE: balanced accuracy of the support judge',
  stage: 'support',
  needsData: true,
  items: (options) => {
    // Half a support is neither: partial labels are left out, as in the word-overlap baseline.
    const rows = readRows(findData(options.data, /(?:^|\/)claims/u), schema).filter(
      ({ label }) => label !== 'partial',
    );
    return fixedSample(rows, ({ id }) => id, options.limit).map((row) => {
      const positive = row.label === 'attributable';
      return {
        id: row.id,
        group: 'claims',
        title: row.claim,
        labels: { source: row.source, label: row.label },
        line: { id: row.id, claim: row.claim, references: row.references },
        measure: ({ support, attributable }): Record<string, number> => {
          const right = attributable === positive ? 1 : 0;
          return {
            accuracy: right,
            right,
            support: Number(support),
            positive: positive ? 1 : 0,
            word_overlap: lexicalSupport(row.references.join('\n'), row.claim),
          };
        },
      };
    });
  },
  summarise: (records) => {
    const figures = (own: readonly EvalRecord[]): Record<string, number> => {
      const scored = (metric: string) =>
        own
          .filter(({ error }) => error === null)
          .map(({ metrics }) => ({
            score: metrics[metric] ?? 0,
            positive: metrics['positive'] === 1,
          }));
      const judge = scored('support');
      const words = scored('word_overlap');
      const best = Math.max(
        ...Array.from({ length: 19 }, (_, step) => balancedAccuracy(words, (step + 1) / 20)),
      );
      return {
        claims: own.length,
        'balanced accuracy': balancedAccuracy(judge, 0.5),
        'area under ROC': areaUnderRoc(judge),
        'calibration error': calibrationError(judge),
        'word overlap at its best threshold': best,
      };
    };
    const sources = [...new Set(records.map(({ labels }) => labels?.['source'] ?? ''))].toSorted();
    return {
      'by source': Object.fromEntries([
        ['all', figures(records)],
        ...sources.map((source) => [
          source,
          figures(records.filter(({ labels }) => labels?.['source'] === source)),
        ]),
      ]),
    };
  },
};
