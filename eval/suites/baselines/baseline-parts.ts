/**
 * Plain systems to compare with, made by changing one of the pipeline's parts:
 *
 * - `first-draft`: the generator's greedy draft, cited and checked; nothing to choose from
 * - `random-draft`: one of the generator's drafts, by a seed from the question's id
 * - `no-scorer`: the first draft, in their order, that the support judge lets stand
 * - `no-support`: the greedy draft as it is, each sentence citing the reference with most of its words;
 *   nothing is checked, cut or withheld
 * - `copy-top-passage`: the first reference, word for word
 * - `no-retrieval`: the generator without any reference, so without citations
 */
import type { PipelineParts } from '../../../src/answer/pipeline-parts.ts';
import type { Answer, Reference, ScoredAnswer } from '../../../src/core/nouns.ts';
import { stableHash } from '../../lab/trees/stable-hash.ts';
import { seededRandom } from '../../lab/trees/seeded-random.ts';
import { copiedPassage, uncheckedAnswer, uncitedAnswer } from './plain-answers.ts';

export const BASELINES = [
  'first-draft',
  'random-draft',
  'no-scorer',
  'no-support',
  'copy-top-passage',
  'no-retrieval',
] as const;

export type BaselineName = (typeof BASELINES)[number];
type JudgeInput = Parameters<PipelineParts['judge']>[0];
type Judge = PipelineParts['judge'];

/** How each baseline judges; the same function serves live runs and traces of earlier ones. */
export function baselineJudge(name: BaselineName, judge: Judge, id: string): Judge {
  const generated = ({ drafts }: JudgeInput): JudgeInput['drafts'] => {
    const own = drafts.filter(({ kind }) => kind === 'generated');
    // Without a generator the best sentence stands in, so that there is something to measure.
    return own.length > 0 ? own : drafts.slice(0, 1);
  };
  const shown = (best: ScoredAnswer | null) => ({ best, abstained: best === null });
  switch (name) {
    case 'first-draft':
      return (input, options) => judge({ ...input, drafts: generated(input).slice(0, 1) }, options);
    case 'random-draft':
      return (input, options) => {
        const drafts = generated(input);
        const at = Math.floor(seededRandom(stableHash(id))() * drafts.length);
        return judge({ ...input, drafts: drafts.slice(at, at + 1) }, options);
      };
    case 'no-scorer':
      return async (input, options) => {
        let last: Awaited<ReturnType<Judge>> = shown(null);
        for (const draft of input.drafts) {
          last = await judge({ ...input, drafts: [draft] }, options);
          if (last.best !== null) return last;
        }
        return last;
      };
    case 'no-support':
      return (input) => {
        const [draft] = generated(input);
        return Promise.resolve(
          shown(draft === undefined ? null : uncheckedAnswer(draft, input.references)),
        );
      };
    case 'copy-top-passage':
      return ({ references }) => {
        const [top] = references;
        return Promise.resolve(shown(top === undefined ? null : copiedPassage(top)));
      };
    default:
      // No retrieval.
      return (input) => {
        const [draft] = generated(input);
        return Promise.resolve(shown(draft === undefined ? null : uncitedAnswer(draft)));
      };
  }
}

/** @param id of the question: the seed of what is left to chance */
export function baselineParts(name: BaselineName, parts: PipelineParts, id: string): PipelineParts {
  const judged = {
    ...parts,
    // Their drafts are judged as wholes, not written sentence by sentence.
    writer: undefined,
    judge: baselineJudge(name, (input, call) => parts.judge(input, call), id),
  };
  if (name !== 'no-retrieval') return judged;
  return {
    ...judged,
    search: ({ text }) => Promise.resolve({ queries: [text], results: [], warnings: [] }),
    readPages: () =>
      Promise.resolve({
        documents: [],
        failures: [],
        warnings: [],
        timings: { fetchMs: 0, extractMs: 0 },
      }),
    // The pipeline writes nothing without references; this one is taken out again at the end.
    references: () => Promise.resolve({ references: [NOTHING], answerability: 1 }),
    extractiveDrafts: () => [],
    prompt: ({ text, language }) => ({
      kind: 'chat',
      messages: [
        {
          role: 'user',
          content:
            language === 'zh'
              ? `用一个完整的句子回答：${text}`
              : `Answer in one full sentence: ${text}`,
        },
      ],
    }),
  };
}

/** Takes out of an answer what only made the baseline run. */
export function finishBaseline(name: BaselineName | null, answer: Answer): Answer {
  return name === 'no-retrieval' ? { ...answer, references: [] } : answer;
}

const NOTHING: Reference = {
  number: 1,
  url: 'https://nothing.invalid/',
  title: '',
  site: 'nothing.invalid',
  language: 'en',
  publishedAt: null,
  fetchedAt: '1970-01-01T00:00:00Z',
  text: '',
  score: null,
  evidence: [],
};
