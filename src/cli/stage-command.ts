/** The stage commands: one part of the product alone, JSON Lines in and out (contract: Commands). */
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { extractLine } from '../../retriever/extract/extract-stage.ts';
import { checkUrl } from '../../retriever/fetch/guard.ts';
import { parseFetchAllow } from '../../retriever/fetch/guard-policy.ts';
import { rankLine } from '../../retriever/rank/rank-stage.ts';
import { segmentLine } from '../../retriever/segment/segment-stage.ts';
import { scoreStage } from '../../scorer/preference/score-stage.ts';
import { supportStage } from '../../scorer/support/support-stage.ts';
import { ChildExtractor } from '../../retriever/extract/child-extractor.ts';
import { openJudge } from '../composition/open-judge.ts';
import { openRanker } from '../composition/open-ranker.ts';
import { withUsableFolders } from '../composition/usable-folders.ts';
import type { Config } from '../core/config.ts';
import { FootnoteError } from '../core/errors.ts';
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
      const { ranker } = await openRanker(config, new ModelStore(config), {
        signal: io.signal,
        onNotice: io.notice,
      });
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
    open: async (config, io) => {
      const { judge } = await openJudge(config, new ModelStore(config), {
        signal: io.signal,
        onNotice: io.notice,
      });
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
    open: async (config, io) => {
      const { judge } = await openJudge(config, new ModelStore(config), {
        signal: io.signal,
        onNotice: io.notice,
      });
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
  const open = await stage.open(withUsableFolders(config, io.notice), io);
  try {
    await runJsonLines({ ...io, concurrency: open.concurrency, work: open.work });
  } finally {
    await open.close();
  }
}
