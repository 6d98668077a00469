import { FootnoteError } from '../core/errors.ts';
import type { Verification, VerifyEvent } from './verification.ts';

/** Runs the events to their end; `onEvent` gets each of them on the way. @throws what verifying throws */
export async function lastVerification(
  events: AsyncIterable<VerifyEvent>,
  onEvent?: (event: VerifyEvent) => void | Promise<void>,
): Promise<Verification> {
  let last: Verification | null = null;
  for await (const event of events) {
    await onEvent?.(event);
    if (event.type === 'verify-end') last = event.verification;
  }
  if (last === null) throw new FootnoteError('internal', 'the verification has no end');
  return last;
}
