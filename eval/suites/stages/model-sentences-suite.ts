/**
 * Sentences that small models wrote from references, labelled by reading: does the checker keep what
 * follows, and stop what does not and what follows in part only? Copies are told apart: overlap alone
 * finds them.
 */
import { z } from 'zod';
import { readRows } from '../frozen-web/frozen-web-data.ts';
import { areaUnderRoc } from '../../metrics/classification.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { findData, fixedSample } from '../find-data.ts';
import type { StageSuite } from '../suite.ts';

const LABELS = ['supported', 'partly', 'unsupported', 'no_claim'] as const;
const VERDICTS = ['supported', 'partly', 'unsupported', 'contradicted', 'no-claim'] as const;
const schema = z.looseObject({
  id: z.string(),
  lang: z.string(),
  set: z.string(),
  question: z.string(),
  before: z.string(),
  sentence: z.string(),
  references: z.array(z.looseObject({ title: z.string(), text: z.string() })),
  support: z.enum(LABELS),
  contradicts: z.boolean(),
  copied: z.boolean(),
  error_kind: z.string().nullable(),
  note: z.string().nullable(),
});

export const modelSentencesSuite: StageSuite = {
  kind: 'stage',
  name: 'model-sentences',
  description: 'Sentences that small models wrote: what the checker keeps and stops',
  stage: 'support',
  needsData: true,
  items: (options) => {
    const rows = readRows(findData(options.data, /(?:^|\/)sentences/u), schema);
    return fixedSample(rows, ({ id }) => id, options.limit).map((row) => ({
      id: row.id,
      group: row.copied ? 'copied' : 'written',
      title: row.sentence,
      labels: {
        set: row.set,
        language: row.lang,
        label: row.support,
        kind: row.error_kind ?? '',
        borderline: /borderline/iu.test(row.note ?? '') ? 'yes' : 'no',
        contradicts: row.contradicts ? 'yes' : 'no',
      },
      line: {
        id: row.id,
        claim: row.sentence,
        question: row.question,
        before: row.before === '' ? [] : [row.before],
        references: row.references.map(({ title, text }) => ({ title, text })),
      },
      measure: ({ support, attributable, verdict }): Record<string, number> => ({
        right: attributable === (row.support === 'supported') ? 1 : 0,
        kept: attributable === true ? 1 : 0,
        support: Number(support),
        verdict: VERDICTS.findIndex((one) => one === verdict),
      }),
    }));
  },
  summarise: (records) => {
    const valid = records.filter(({ error }) => error === null);
    const written = valid.filter(({ group, labels }) => group === 'written' && claims(labels));
    const by = (label: string): Record<string, unknown> =>
      Object.fromEntries(
        [...new Set(written.map(({ labels }) => labels?.[label] ?? ''))]
          .toSorted()
          .map((value) => [
            value,
            figures(written.filter(({ labels }) => labels?.[label] === value)),
          ]),
      );
    return {
      'not copied': {
        all: figures(written),
        'without borderline': figures(
          written.filter(({ labels }) => labels?.['borderline'] !== 'yes'),
        ),
      },
      'by set': by('set'),
      'by language': by('language'),
      'stopped by kind of error': stoppedByKind(written),
      copied: { all: figures(valid.filter(({ group }) => group === 'copied')) },
      'verdicts by label': confusion(valid),
    };
  },
};

type Labels = EvalRecord['labels'];

function claims(labels: Labels): boolean {
  return labels?.['label'] !== 'no_claim';
}

function share(records: readonly EvalRecord[], kept: boolean): number {
  const hits = records.filter(({ metrics }) => (metrics['kept'] === 1) === kept).length;
  return records.length === 0 ? Number.NaN : hits / records.length;
}

function figures(records: readonly EvalRecord[]): Record<string, number> {
  const of = (label: string): EvalRecord[] =>
    records.filter(({ labels }) => labels?.['label'] === label);
  const [yes, partly, no] = [of('supported'), of('partly'), of('unsupported')];
  const area = (negatives: readonly EvalRecord[]): number =>
    areaUnderRoc(
      [...yes, ...negatives].map((record) => ({
        score: record.metrics['support'] ?? 0,
        positive: record.labels?.['label'] === 'supported',
      })),
    );
  return {
    sentences: records.length,
    'true kept': share(yes, true),
    'false stopped': share(no, false),
    'partly stopped': share(partly, false),
    // Recall of what follows and of what does not, in whole or in part.
    balanced: (share(yes, true) + share([...no, ...partly], false)) / 2,
    'area against false': area(no),
    'area against partly': area(partly),
  };
}

function stoppedByKind(records: readonly EvalRecord[]): Record<string, unknown> {
  const wrong = records.filter(({ labels }) => labels?.['label'] !== 'supported');
  return Object.fromEntries(
    [...new Set(wrong.map(({ labels }) => labels?.['kind'] ?? ''))].toSorted().map((kind) => {
      const own = wrong.filter(({ labels }) => labels?.['kind'] === kind);
      return [kind, { sentences: own.length, stopped: share(own, false) }];
    }),
  );
}

function confusion(records: readonly EvalRecord[]): Record<string, unknown> {
  return Object.fromEntries(
    LABELS.map((label) => {
      const own = records.filter(({ labels }) => labels?.['label'] === label);
      return [
        label,
        Object.fromEntries(
          VERDICTS.map((verdict, index) => [
            verdict,
            own.filter(({ metrics }) => metrics['verdict'] === index).length,
          ]),
        ),
      ];
    }),
  );
}
