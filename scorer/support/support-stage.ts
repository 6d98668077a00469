/** The contract's `support` line: `id, claim, references` in; `id, support, attributable, evidence` out. */
import { z } from 'zod';
import { parseLine } from '../../src/core/parse-line.ts';
import type { CallOptions, SupportJudge, SupportVerdict } from '../../src/core/seams.ts';

const lineSchema = z.object({
  id: z.union([z.string(), z.number()]),
  claim: z.string(),
  references: z.array(z.string()),
});

export type SupportLine = SupportVerdict & { readonly id: string | number };

/**
 * Answers one parsed JSON line; unknown fields are ignored.
 * @throws FootnoteError `bad-request` naming the field that is wrong
 */
export async function supportStage(
  line: unknown,
  judge: SupportJudge,
  options: CallOptions,
): Promise<SupportLine> {
  const { id, claim, references } = parseLine(lineSchema, line, 'support');
  return { id, ...(await judge.support(claim, references, options)) };
}
