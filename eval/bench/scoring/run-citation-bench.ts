/** Prints the citation bench's rates: `npx tsx eval/bench/scoring/run-citation-bench.ts [paragraphs]`. */
import { citationCases, runCitationCase, type CitationCase } from './citation-bench.ts';

const count = Number(process.argv[2] ?? 400);
const started = performance.now();
const rows = citationCases(count).map((item) => ({ item, outcome: runCitationCase(item) }));
const elapsed = performance.now() - started;
const table: Record<string, unknown> = {};
for (const kind of [
  'verbatim',
  'shortened',
  'number',
  'name',
  'negation',
  'foreign',
] satisfies CitationCase['kind'][]) {
  for (const language of ['en', 'zh']) {
    const some = rows.filter(({ item }) => item.kind === kind && item.language === language);
    if (some.length === 0) continue;
    const share = (test: (row: (typeof some)[number]) => boolean): number =>
      Math.round((some.filter(test).length / some.length) * 1e4) / 1e4;
    table[`${kind} ${language}`] = {
      n: some.length,
      kept: share(({ outcome }) => outcome.kept),
      keptOnGold: share(({ outcome }) => outcome.kept && outcome.rightReference),
      quotedInstead: share(({ outcome }) => !outcome.kept && outcome.cited.sentences.length > 0),
      cut: share(({ outcome }) => outcome.cited.sentences.length === 0),
      exactQuotes: share(({ outcome }) => outcome.exactQuotes),
    };
  }
}
console.table(table);
console.log(`${rows.length} drafts, ${(elapsed / rows.length).toFixed(1)} ms each`);
if (process.argv[3] !== undefined) {
  for (const { item, outcome } of rows
    .filter((row) => row.item.kind === process.argv[3])
    .slice(0, 400)) {
    if (outcome.kept === (item.kind === 'verbatim' || item.kind === 'shortened')) continue;
    console.log(
      'DRAFT',
      item.draft.text,
      '\nANSWER',
      outcome.cited.answer,
      '\nQUOTE',
      outcome.cited.sentences[0]?.citations[0]?.quote,
      outcome.cited.support,
      '\n',
    );
  }
}
