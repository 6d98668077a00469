/**
 * The contract's `support` line: `id, claim, references`, optional `question, before` in;
 * `id, verdict, support, attributable, evidence` out.
 */
import { z } from 'zod';
import { parseLine } from '../../src/core/parse-line.ts';
import type { CallOptions, SupportJudge, SupportVerdict } from '../../src/core/seams.ts';

const lineSchema = z.object({
  id: z.union([z.string(), z.number()]),
  claim: z.string(),
  references: z.array(
    z.union([z.string(), z.object({ title: z.string().optional(), text: z.string() })]),
  ),
  question: z.string().nullish(),
  before: z.array(z.string()).nullish(),
});

export type SupportLine = SupportVerdict & { readonly id: string | number };

/**
 * Answers one parsed JSON line; unknown fields are ignored. A reference is its text, or `{title?, text}`.
 * @throws FootnoteError `bad-request` naming the field that is wrong
 */
export async function supportStage(
  line: unknown,
  judge: SupportJudge,
  options: CallOptions,
): Promise<SupportLine> {
  const { id, claim, references, question, before } = parseLine(lineSchema, line, 'support');
  const [verdict] = await judge.check(
    [{ claim, question: question ?? undefined, before: before ?? undefined }],
    references.map((one) => (typeof one === 'string' ? { text: one } : one)),
    options,
  );
  return { id, ...(verdict as SupportVerdict) };
}
