/** The items of a run over questions: ours, and the plain systems asked after it. */
import type { Writable } from 'node:stream';
import type { PipelineParts } from '../../src/answer/pipeline-parts.ts';
import { FootnoteError, toFootnoteError } from '../../src/core/errors.ts';
import { PLAIN_SYSTEMS, type Found, type PlainSystem } from '../suites/baselines/plain-systems.ts';
import { askPlainly } from './ask-plainly.ts';
import { askQuestion, type AskTools } from './ask-question.ts';
import type { EvalQuestion } from './eval-question.ts';
import type { EvalRecord } from './eval-record.ts';
import type { RunItem } from './run-items.ts';

/** Our own answer, and after it, over what it found, those of the plain systems. */
export function itemsOf(
  group: string,
  question: EvalQuestion,
  beside: readonly PlainSystem[],
  tools: AskTools,
  options: { readonly signal: AbortSignal },
): readonly RunItem[] {
  if (beside.length === 0) {
    const work = () => askQuestion(group, question, tools, options);
    return [{ group, id: question.id, work }];
  }
  const found = new Map<string, Found>();
  let ours: Promise<EvalRecord> | null = null;
  const own = (): Promise<EvalRecord> => {
    ours ??= askQuestion(group, question, { ...tools, found }, options);
    return ours;
  };
  return [
    { group, id: question.id, work: own },
    ...beside.map((system) => ({
      group: system,
      id: question.id,
      work: async () => {
        const record = await own();
        const here = found.get(question.id) ?? NOTHING_FOUND;
        return askPlainly(system, question, record, here, tools, options);
      },
    })),
  ];
}

const NOTHING_FOUND: Found = { documents: [], references: [], answerability: 0 };

/** A search waits some seconds for an index that is being made, and then goes on without the rest. */
const SEARCH_WAITS_MS = 2_000;

/** Searches until a search no longer waits for the index. */
export async function waitForIndex(
  parts: PipelineParts,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Writable },
): Promise<void> {
  const question = { text: 'index', language: 'en', askedAt: new Date().toISOString(), sites: [] };
  for (let told = false; ; told = true) {
    const started = Date.now();
    await parts.search(question, { signal, limit: 1 }).catch((error: unknown) => {
      if (toFootnoteError(error).code !== 'not-ready') throw error;
    });
    if (Date.now() - started < SEARCH_WAITS_MS) return;
    if (!told) log.write('waiting until the folder is indexed\n');
  }
}

/** @throws FootnoteError `bad-request` for a name that is none */
export function plainSystems(names: readonly string[] = []): readonly PlainSystem[] {
  return names.map((name) => {
    const found = PLAIN_SYSTEMS.find((one) => one === name);
    if (found !== undefined) return found;
    throw new FootnoteError(
      'bad-request',
      `no plain system ${name}; there are: ${PLAIN_SYSTEMS.join(', ')}`,
    );
  });
}
