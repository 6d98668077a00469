import type { EvalRecord } from '../../run/eval-record.ts';
import { ALONE, BEST_OF } from './variants.ts';

/** Columns of the tables, by their metric. */
const COLUMNS: readonly (readonly [string, string])[] = [
  ['correct', 'correct'],
  ['first', 'in first sentence'],
  ['citation_recall', 'citation recall'],
  ['citation_precision', 'citation precision'],
  ['citation_recall_lexical', 'recall, lexical'],
  ['citation_precision_lexical', 'precision, lexical'],
  ['words', 'words'],
  ['abstained', 'abstained'],
  ['preferred', 'preferred to the first draft'],
  ['preference', 'preference score'],
];

type Table = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** A table of systems, and one of the number of drafts, for each group of questions. */
export function ablationTables(records: readonly EvalRecord[]): Readonly<Record<string, Table>> {
  const languages = [...new Set(records.flatMap(({ labels }) => labels?.['language'] ?? []))];
  const tables = languages.flatMap((language) => {
    const own = records.filter(({ labels }) => labels?.['language'] === language);
    const names = [...new Set(own.map(({ group }) => group))];
    const rows = (some: readonly string[]): Table =>
      Object.fromEntries(
        some.map((name) => {
          const row = own.filter(({ group }) => group === name);
          const cells = COLUMNS.map(([metric, column]) => {
            const values = row.flatMap(({ metrics }) => metrics[metric] ?? []);
            const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
            return [column, values.length === 0 ? null : mean] as const;
          });
          return [name, { questions: row.length, ...Object.fromEntries(cells) }];
        }),
      );
    const counted = (name: string): boolean => name.startsWith(BEST_OF) || name.startsWith(ALONE);
    // The chosen one of n beside the first and a random one of the same drafts.
    const drafts = names.filter(
      (name) => counted(name) || name === 'first-draft' || name === 'random-draft',
    );
    const systems = names.filter((name) => !counted(name) || name === `${BEST_OF}2`);
    return [
      [`${language}: systems`, rows(systems)],
      [`${language}: what each further draft adds`, rows(drafts)],
    ] as const;
  });
  return Object.fromEntries(tables);
}
