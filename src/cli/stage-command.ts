/** The stage commands: one part of the product alone, JSON Lines in and out (contract: Commands). */
import { availableParallelism } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { extractLine } from '../../retriever/extract/extract-stage.ts';
import { checkUrl } from '../../retriever/fetch/guard.ts';
import { parseFetchAllow } from '../../retriever/fetch/guard-policy.ts';
import { rankLine } from '../../retriever/rank/rank-stage.ts';
import { Ranker } from '../../retriever/rank/ranker.ts';
import { segmentLine } from '../../retriever/segment/segment-stage.ts';
import { AnswerJudge } from '../../scorer/answer-judge.ts';
import { scoreStage } from '../../scorer/preference/score-stage.ts';
import { supportStage } from '../../scorer/support/support-stage.ts';
import { ChildExtractor } from '../../retriever/extract/child-extractor.ts';
import type { Config } from '../core/config.ts';
import { FootnoteError, toFootnoteError } from '../core/errors.ts';
import { parseLine } from '../core/parse-line.ts';
import { ModelStore } from '../runtime/models/model-store.ts';
import { runJsonLines, type JsonLine } from './json-lines.ts';

export interface StageIo {
  readonly input: Readable;
  readonly output: Writable;
  readonly notice: (text: string) => void;
  readonly signal: AbortSignal;
}

interface OpenStage {
  readonly work: (line: JsonLine, signal: AbortSignal) => Promise<object> | object;
  readonly concurrency: number;
  close(): Promise<void>;
}

interface Stage {
  readonly name: string;
  readonly description: string;
  readonly open: (config: Config, io: StageIo) => Promise<OpenStage> | OpenStage;
}

const guardSchema = z.looseObject({ id: z.unknown(), url: z.string() });

/** The embedder's weights; without them passages are ranked by words alone, which is said. */
async function embedderPath(config: Config, io: StageIo): Promise<string | null> {
  try {
    return (await new ModelStore(config).ensure(config.embedder, { signal: io.signal })).path;
  } catch (error) {
    if (io.signal.aborted) throw error;
    io.notice(`ranking without the embedder: ${toFootnoteError(error).message}`);
    return null;
  }
}

async function openRanker(config: Config, io: StageIo): Promise<Ranker> {
  const weightsPath = await embedderPath(config, io);
  return new Ranker({
    weightsPath,
    cacheDir: config.cacheDir,
    threads: config.threads === 0 ? availableParallelism() : config.threads,
  });
}

export const STAGES: readonly Stage[] = [
  {
    name: 'extract',
    description: 'pages to text and metadata',
    open: () => {
      const extractor = new ChildExtractor();
      return {
        concurrency: 4,
        work: (line, signal) => extractLine(line, extractor, { signal }),
        close: () => extractor.close(),
      };
    },
  },
  {
    name: 'segment',
    description: 'text to passages of whole sentences',
    open: () => ({ concurrency: 1, work: segmentLine, close: () => Promise.resolve() }),
  },
  {
    name: 'rank',
    description: 'passages by how well they answer a question',
    open: async (config, io) => {
      const ranker = await openRanker(config, io);
      return {
        concurrency: 2,
        work: (line, signal) => rankLine(line, ranker, { signal }),
        close: () => ranker.close(),
      };
    },
  },
  {
    name: 'support',
    description: 'whether references support a claim',
    open: () => {
      const judge = new AnswerJudge({});
      return {
        concurrency: 4,
        work: (line, signal) => supportStage(line, judge, { signal }),
        close: () => judge.close(),
      };
    },
  },
  {
    name: 'score',
    description: 'how much people would prefer an answer',
    open: () => {
      const judge = new AnswerJudge({});
      return {
        concurrency: 4,
        work: (line, signal) => scoreStage(line, judge, { signal }),
        close: () => judge.close(),
      };
    },
  },
  {
    name: 'guard',
    description: 'whether the fetcher would touch a URL, without asking DNS',
    open: (config) => {
      const policy = parseFetchAllow(config.fetchAllow);
      return {
        concurrency: 1,
        work: (line) => {
          const { url } = parseLine(guardSchema, line, 'guard');
          const { allowed, reason } = checkUrl(url, policy);
          return { id: line.id, allowed, reason };
        },
        close: () => Promise.resolve(),
      };
    },
  },
];

/** Runs one stage over stdin. Bad lines are lines of output, not failures. */
export async function stageCommand(name: string, config: Config, io: StageIo): Promise<void> {
  const stage = STAGES.find((one) => one.name === name);
  if (stage === undefined) throw new FootnoteError('bad-request', `no stage ${name}`);
  const open = await stage.open(config, io);
  try {
    await runJsonLines({ ...io, concurrency: open.concurrency, work: open.work });
  } finally {
    await open.close();
  }
}
