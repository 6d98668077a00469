/**
 * The `rank` stage for one JSON line: `{id, question, passages: [{id, text, title?}]}` to
 * `{id, ranking: [{id, score}]}`, all passages, best first.
 */
import { z } from 'zod';
import { parseLine } from '../../src/core/parse-line.ts';
import type { Ranker } from './ranker.ts';

const identifier = z.union([z.string(), z.number()]);
const lineSchema = z.looseObject({
  id: z.unknown(),
  question: z.string(),
  passages: z
    .array(z.looseObject({ id: identifier, text: z.string(), title: z.string().nullish() }))
    .max(100_000),
});

export interface RankedLine {
  readonly id: unknown;
  readonly ranking: readonly { readonly id: string | number; readonly score: number }[];
}

/** @throws FootnoteError `bad-request` naming the wrong field, or as `Ranker.rank` */
export async function rankLine(
  line: unknown,
  ranker: Pick<Ranker, 'rank'>,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<RankedLine> {
  const { id, question, passages } = parseLine(lineSchema, line, 'rank');
  // Numbered within: ids may repeat, and come back as they were, number or text.
  const ranking = await ranker.rank(
    question,
    passages.map(({ text, title }, at) => ({
      id: String(at),
      text,
      ...(typeof title === 'string' ? { title } : {}),
    })),
    options,
  );
  return {
    id,
    ranking: ranking.map(({ id: at, score }) => ({
      id: passages[Number(at)]?.id ?? at,
      score,
    })),
  };
}
