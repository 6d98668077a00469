import type { VerifyEvent } from '../verify/verification.ts';
import type { WireEvent } from './event-stream.ts';

/** An event of verifying on the wire; `verify-end` carries the whole Verification. */
export function verifyWire(event: VerifyEvent): WireEvent {
  const { type, ...data } = event;
  return { event: type, data: event.type === 'verify-end' ? event.verification : data };
}
