import { z } from 'zod';
import { FootnoteError } from './errors.ts';

/**
 * A stage's input line, checked.
 * @param what names the stage in the error
 * @throws FootnoteError `bad-request` naming the fields that are wrong
 */
export function parseLine<Line>(schema: z.ZodType<Line>, line: unknown, what: string): Line {
  const parsed = schema.safeParse(line);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new FootnoteError('bad-request', `${what} line: ${issues.join('; ')}`, { stage: what });
}
