/**
 * Measures the judge on traces of `collect-traces.ts`: what the chosen answer gains over the plain
 * ones, and what abstention costs.
 *
 * npx tsx eval/lab/answerable/measure-selection.ts [FILE]
 */
import { readFileSync } from 'node:fs';
import { judgeDrafts, type JudgeInput, type Judgement } from '../../../scorer/judge-drafts.ts';
import type { Question } from '../../../src/core/nouns.ts';
import { countWords } from '../../../src/core/tokens.ts';
import { containsNormalised } from '../../metrics/correctness.ts';

interface Trace {
  readonly kind: string;
  readonly gold: readonly string[];
  readonly input: Omit<JudgeInput, 'question' | 'language'> & { readonly question: Question };
}

const traces = readFileSync(process.argv[2] ?? '/tmp/traces.jsonl', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Trace)
  .filter(({ input }) => input !== null);

interface Row {
  correct: number;
  first: number;
  words: number;
  abstained: number;
  cited: number;
}

function judge(
  trace: Trace,
  drafts: (one: JudgeInput['drafts']) => JudgeInput['drafts'],
): Judgement {
  const { question, ...rest } = trace.input;
  return judgeDrafts({
    ...rest,
    drafts: drafts(rest.drafts),
    question: question.text,
    language: question.language,
  });
}

function row(trace: Trace, judgement: Judgement): Row {
  const { best, abstained } = judgement;
  if (best === null || abstained) {
    return { correct: 0, first: 0, words: 0, abstained: 1, cited: 1 };
  }
  const texts = best.cited.sentences.map(({ text }) => text);
  const yes = (value: boolean): number => (value ? 1 : 0);
  return {
    correct: yes(containsNormalised(texts.join(' '), trace.gold)),
    first: yes(containsNormalised(texts[0] ?? '', trace.gold)),
    words: countWords(texts.join(' ')),
    abstained: 0,
    cited: yes(best.cited.sentences.every(({ citations }) => citations.length > 0)),
  };
}

const generated = (drafts: JudgeInput['drafts'], count: number): JudgeInput['drafts'] => {
  let left = count;
  return drafts.filter(({ kind }) => kind !== 'generated' || left-- > 0);
};
const VARIANTS: Readonly<Record<string, (drafts: JudgeInput['drafts']) => JudgeInput['drafts']>> = {
  'best sentence only': (drafts) => drafts.filter(({ kind }) => kind === 'extractive').slice(0, 1),
  'generated only': (drafts) => drafts.filter(({ kind }) => kind === 'generated').slice(0, 1),
  'all, 1 generated': (drafts) => generated(drafts, 1),
  'all, 2 generated': (drafts) => generated(drafts, 2),
  'all, 4 generated': (drafts) => generated(drafts, 4),
};

for (const kind of new Set(traces.map((trace) => trace.kind))) {
  const own = traces.filter((trace) => trace.kind === kind);
  process.stdout.write(`${kind}: ${own.length} questions\n`);
  if (kind !== 'unanswerable') {
    const share = (test: (trace: Trace) => boolean): string =>
      (own.filter(test).length / own.length).toFixed(3);
    const held = (count: number) => (trace: Trace) =>
      containsNormalised(
        trace.input.references
          .flatMap(({ evidence }) => evidence)
          .toSorted((a, b) => b.score - a.score)
          .slice(0, count)
          .map(({ text }) => text)
          .join('\n'),
        trace.gold,
      );
    process.stdout.write(
      `  evidence @1 ${share(held(1))} @2 ${share(held(2))} @3 ${share(held(3))}; any reference ${share(({ input, gold }) => input.references.some(({ text }) => containsNormalised(text, gold)))}; any draft ${share(({ input, gold }) => input.drafts.some(({ text }) => containsNormalised(text, gold)))}\n`,
    );
  }
  for (const [name, drafts] of Object.entries(VARIANTS)) {
    const rows = own.map((trace) => row(trace, judge(trace, drafts)));
    const mean = (pick: (one: Row) => number): string =>
      (rows.reduce((sum, one) => sum + pick(one), 0) / rows.length).toFixed(3);
    const said = rows.filter(({ abstained }) => abstained === 0);
    const words = said.reduce((sum, one) => sum + one.words, 0) / Math.max(1, said.length);
    process.stdout.write(
      `  ${name.padEnd(20)} correct ${mean((one) => one.correct)}  first ${mean((one) => one.first)}  words ${words.toFixed(1)}  abstained ${mean((one) => one.abstained)}\n`,
    );
  }
}
