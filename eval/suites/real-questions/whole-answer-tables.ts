/** The tables of the suites with whole answers: by system, by kind of question and by language. */
import type { EvalRecord } from '../../run/eval-record.ts';
import type { Summary } from '../suite.ts';

/** Columns by their metric; one that no record has is left out. */
const COLUMNS: readonly (readonly [string, string])[] = [
  ['vital_nuggets', 'vital'],
  ['all_vital', 'all vital'],
  ['gold_sentences', 'marked sentences'],
  ['on_point', 'on point'],
  ['rouge_l', 'ROUGE-L'],
  ['all_facts', 'all facts'],
  ['says_altered', 'says altered'],
  ['words', 'words'],
  ['answered', 'answered'],
  ['declined', 'declined'],
  ['seconds', 'seconds'],
  ['first_seconds', 'to first text'],
];

type Row = Record<string, number>;

function row(records: readonly EvalRecord[]): Row {
  const cells: Row = { questions: records.length };
  for (const [metric, column] of COLUMNS) {
    const values = records.flatMap(({ metrics }) => metrics[metric] ?? []);
    if (values.length === 0) continue;
    cells[column] = values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  return cells;
}

function rowsBy(
  records: readonly EvalRecord[],
  key: (record: EvalRecord) => string,
): Readonly<Record<string, Row>> {
  const names = [...new Set(records.map(key))];
  return Object.fromEntries(
    names.map((name) => [name, row(records.filter((record) => key(record) === name))]),
  );
}

/** Failed questions count as not answered in none of the columns; `failed` is in the groups' figures. */
export function wholeAnswerSummary(records: readonly EvalRecord[]): Summary {
  const own = records.filter(({ group }) => group === 'footnote');
  const others = [...new Set(records.map(({ group }) => group))].filter(
    (group) => group !== 'footnote',
  );
  const by = (label: string, some: readonly EvalRecord[]) =>
    rowsBy(some, ({ labels }) => labels?.[label] ?? 'other');
  return {
    'by system': rowsBy(records, ({ group }) => group),
    'by kind': by('kind', own),
    'by language': by('language', own),
    ...Object.fromEntries(
      others.map((name) => [
        `by kind, ${name}`,
        by(
          'kind',
          records.filter(({ group }) => group === name),
        ),
      ]),
    ),
  };
}
