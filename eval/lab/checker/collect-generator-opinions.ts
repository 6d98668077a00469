/**
 * What a generator thinks of the sentences of `model-sentences-dev`, in several ways of asking, one JSON
 * line a sentence; goes on where an earlier run stopped:
 *
 *   npx tsx eval/lab/checker/collect-generator-opinions.ts --generator FILE.gguf --out FILE.jsonl [--ways few,zero]
 */
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ModelEngine } from '../../../generator/model-engine.ts';
import type { Prompt } from '../../../src/core/nouns.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { composeEvidence, readEvidenceSource } from '../../../scorer/support/compose-evidence.ts';
import { profileOf } from '../../../scorer/support/text-profile.ts';
import { claimText } from '../../../scorer/support/support.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { stableHash } from '../trees/stable-hash.ts';

const { values } = parseArgs({
  options: {
    generator: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
    data: {
      type: 'string',
      default: join(packageRoot, '../shared/data/model-sentences-dev/sentences.jsonl.gz'),
    },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    ways: { type: 'string', default: 'few,zero,whole,likelihood' },
    minutes: { type: 'string', default: '60' },
    threads: { type: 'string', default: '1' },
  },
});

interface Row {
  readonly id: string;
  readonly qid: string;
  readonly question: string;
  readonly before: readonly string[];
  readonly sentence: string;
  readonly references: readonly { readonly title: string; readonly text: string }[];
  readonly support: string;
  readonly copied: boolean;
}
type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };
const chat = (messages: readonly Message[]): Prompt => ({ kind: 'chat', messages });

const JUDGE =
  'You check sentences against a text. Answer Yes only if every part of the sentence is said in the text: the same things, names, numbers, dates, causes and conditions. Otherwise answer No.';
const ask = (text: string, sentence: string): Message => ({
  role: 'user',
  content: `Text: ${text}\n\nSentence: ${sentence}\n\nIs every part of the sentence said in the text?`,
});
const say = (content: string): Message => ({ role: 'assistant', content });
const EXAMPLES: readonly Message[] = [
  ask(
    'Harlow Mill: The mill was built in 1764 by Anders Lund. … In 1810 a steam engine was added, and the old wheel was sold to the town of Velby.',
    'The mill of Anders Lund got a steam engine in 1810.',
  ),
  say('Yes'),
  ask(
    'Harlow Mill: The mill was built in 1764 by Anders Lund. … In 1810 a steam engine was added, and the old wheel was sold to the town of Velby.',
    'The steam engine was built by Anders Lund in 1810.',
  ),
  say('No'),
  ask(
    'zip command: With -r the command travels the folders recursively. With -q it prints nothing.',
    'Use `-r` to include folders, which also makes the archive smaller.',
  ),
  say('No'),
  ask(
    '蓝湖: 蓝湖最深处为164米，大部分湖面冬季结冰。 … 湖中有三种鱼。',
    '蓝湖冬季大部分结冰，最深164米。',
  ),
  say('Yes'),
  ask(
    '蓝湖: 蓝湖最深处为164米，大部分湖面冬季结冰。 … 湖中有三种鱼。',
    '蓝湖冬季全部结冰，因此没有鱼。',
  ),
  say('No'),
  ask(
    'Tariff: Members pay 12 euros, guests 20. Children under 12 enter free when an adult comes along.',
    'Entry is free for children under 12 who come with an adult, and members pay less than guests.',
  ),
  say('Yes'),
];

const ways = new Set(values.ways.split(','));
const known = new Set(
  existsSync(values.out) ? [...readJsonLines<{ id: string }>(values.out)].map(({ id }) => id) : [],
);
const rows = [...readJsonLines<Row>(values.data)]
  .filter(({ support, id }) => support !== 'no_claim' && !known.has(id))
  .toSorted((a, b) => stableHash(a.qid) - stableHash(b.qid) || (a.id < b.id ? -1 : 1));
const { signal } = new AbortController();
const engine = await ModelEngine.open({
  weightsPath: values.generator,
  cacheDir: values.cache,
  threads: Number(values.threads),
  device: 'cpu',
});
const yesNo = async (prompt: Prompt): Promise<number> => {
  const [yes = 0, no = 0] = await engine.logProbabilities(prompt, ['Yes', 'No'], signal);
  return yes - no;
};

const began = Date.now();
let count = 0;
for (const row of rows) {
  if (Date.now() - began > Number(values.minutes) * 60_000) break;
  const sentence = claimText(row.sentence);
  const sources = row.references.map(({ title, text }) => readEvidenceSource(text, title));
  const { text } = composeEvidence(profileOf(sentence), sources);
  const whole = row.references
    .map((one, at) => `[${at + 1}] ${one.title}: ${one.text}`)
    .join('\n\n');
  const result: Record<string, unknown> = { id: row.id };
  if (ways.has('zero')) {
    result['zero'] = await yesNo(chat([{ role: 'system', content: JUDGE }, ask(text, sentence)]));
  }
  if (ways.has('few')) {
    result['few'] = await yesNo(
      chat([{ role: 'system', content: JUDGE }, ...EXAMPLES, ask(text, sentence)]),
    );
  }
  if (ways.has('whole')) {
    result['whole'] = await yesNo(chat([{ role: 'system', content: JUDGE }, ask(whole, sentence)]));
  }
  if (ways.has('likelihood')) {
    const write = (given: string): Prompt =>
      chat([
        {
          role: 'system',
          content: 'Answer completely and directly from the sources in one to four sentences.',
        },
        { role: 'user', content: `${given}Question: ${row.question}` },
      ]);
    // The tokens of a sentence are as many with and without sources.
    const tokens = engine.tokenizer.encode(sentence).length;
    const [withSources = 0] = await engine.logProbabilities(
      write(`Sources:\n${whole}\n\n`),
      [sentence],
      signal,
    );
    const [without = 0] = await engine.logProbabilities(write(''), [sentence], signal);
    result['likely'] = withSources / tokens;
    result['gained'] = (withSources - without) / tokens;
  }
  appendFileSync(values.out, `${JSON.stringify(result)}\n`);
  count += 1;
}
await engine.close();
console.log(`${count} sentences in ${Math.round((Date.now() - began) / 1000)} s`);
