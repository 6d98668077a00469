import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

/**
 * Runs the work on behalf of a question: calls at the web's seams within it are recorded, and looked
 * up, under its name, so that a page that failed once and came later is replayed in that order too.
 */
export function onBehalfOf<T>(question: string, work: () => Promise<T>): Promise<T> {
  return current.run(question, work);
}

/** The question the present call belongs to; empty outside of one. */
export function questionInHand(): string {
  return current.getStore() ?? '';
}
