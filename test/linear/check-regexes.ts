/**
 * `npm run regexes`: fails on a regular expression whose time is not linear in the text, as recheck
 * (its automata, else its fuzzer) finds out. Verdicts are kept by the hash of the expression, since one may
 * take seconds; a new one is looked at once.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { check } from 'recheck';
import { collectRegexes, type FoundRegex } from './collect-regexes.ts';

const VERDICTS = new URL('./linear-regexes.json', import.meta.url);
const AUTOMATON_MS = 10_000;
const FUZZ_MS = 120_000;
const AT_ONCE = 2;
/** Below it a text of full length costs nothing that could be noticed. */
const QUICK_MS = 5;
/** The text grows by this factor, so many times; linear time does so as well, quadratic time by its square. */
const STEP = 4;
const STEPS = 4;
const MOST_RATIO = 9;
/** Files whose expressions see no text longer than this, in characters. */
const BOUNDED: Readonly<Record<string, number>> = {
  'src/answer/understand/arithmetic.ts': 200,
  'src/answer/plan/comparison.ts': 400,
  'src/answer/plan/two-hops.ts': 400,
};
/** Files whose made expressions are escaped literal names in an alternation, of the model in use. */
const LITERAL_NAMES = new Set([
  'generator/tokenizer/model-tokenizer.ts',
  'generator/tokenizer/render-prompt.ts',
  'generator/tokenizer/sentencepiece-bpe.ts',
  'src/runtime/models/hub-layout.ts',
  'src/runtime/models/model-spec.ts',
]);

const hashOf = ({ source, flags }: FoundRegex): string =>
  createHash('sha256').update(`/${source}/${flags}`).digest('hex').slice(0, 16);

/**
 * recheck, then V8 itself: recheck's fuzzer takes bounded repeats for polynomial, and small texts bound
 * the rest. Null where the time is linear, else why not.
 */
async function faultOf(regex: FoundRegex, places: ReadonlySet<string>): Promise<string | null> {
  // Indices and sets of strings change no time; recheck does not know their flags.
  const flags = regex.flags.replaceAll(/[dv]/gu, '');
  let verdict = await check(regex.source, flags, { timeout: AUTOMATON_MS });
  if (verdict.status === 'unknown') {
    verdict = await check(regex.source, flags, { timeout: FUZZ_MS, checker: 'fuzz' });
  }
  if (verdict.status === 'safe') return null;
  if (verdict.status === 'unknown') return 'no verdict in time';
  const { attack } = verdict;
  const most = Math.max(...[...places].map((place) => BOUNDED[place.split(':')[0] ?? ''] ?? 1e5));
  const pattern = new RegExp(regex.source, regex.flags.replace('y', ''));
  const unit = attack.pumps.reduce((sum, { pump }) => sum + pump.length, 0);
  const time = (characters: number): number => {
    const repeats = Math.max(1, Math.floor(characters / unit));
    const text = `${attack.pumps
      .map(({ prefix, pump, bias }) => prefix + pump.repeat(Math.max(1, repeats + bias)))
      .join('')}${attack.suffix}`;
    const before = process.cpuUsage();
    text.replace(pattern, '');
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  // Step by step, so that what is slow is found out on short texts.
  let earlier = time(most / STEP ** STEPS);
  for (let step = STEPS - 1; step >= 0; step -= 1) {
    const length = Math.round(most / STEP ** step);
    let took = time(length);
    if (took > QUICK_MS && took / earlier > MOST_RATIO) took = Math.min(took, time(length));
    if (took > QUICK_MS && took / earlier > MOST_RATIO) {
      return `${verdict.complexity.summary}, ${took.toFixed(1)} ms for ${length} characters, ${STEP} times fewer take ${earlier.toFixed(1)}: ${attack.pattern.slice(0, 120)}`;
    }
    earlier = Math.max(took, 0.2);
  }
  return null;
}

const { regexes, unreached } = await collectRegexes();
const byHash = new Map<string, { readonly regex: FoundRegex; readonly places: Set<string> }>();
for (const regex of regexes) {
  const entry = byHash.get(hashOf(regex));
  if (entry === undefined) byHash.set(hashOf(regex), { regex, places: new Set([regex.place]) });
  else entry.places.add(regex.place);
}
const known = new Set(JSON.parse(readFileSync(VERDICTS, 'utf8')) as string[]);
const linear = new Set([...byHash.keys()].filter((hash) => known.has(hash)));
const open = [...byHash].filter(([hash]) => !known.has(hash));
const problems: string[] = unreached
  .filter((place) => !LITERAL_NAMES.has(place.split(':')[0] ?? ''))
  .map(
    (place) => `${place}: new RegExp is reached by no import; make the expression at module level`,
  );
if (open.length > 0) process.stderr.write(`regexes: ${open.length} new ones are checked\n`);
const keep = (): void => {
  writeFileSync(VERDICTS, `${JSON.stringify([...linear].sort(), null, 2)}\n`);
};
const worker = async (): Promise<void> => {
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [hash, { regex, places }] = next;
    const fault = await faultOf(regex, places);
    if (fault === null) {
      linear.add(hash);
      keep();
    } else
      problems.push(`${[...places].join(', ')}: /${regex.source}/${regex.flags}\n    ${fault}`);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
keep();
for (const problem of problems.sort()) process.stderr.write(`${problem}\n`);
process.stderr.write(`regexes: ${linear.size} linear, ${problems.length} to mend\n`);
process.exit(problems.length === 0 ? 0 : 1);
