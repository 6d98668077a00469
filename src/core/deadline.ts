import { FootnoteError } from './errors.ts';

/**
 * A signal that aborts with a typed `timeout` error after `timeoutMs`, or with the parent's reason
 * when that aborts first. Call `clear` when the work is done, so that the timer goes.
 */
export function deadline(
  timeoutMs: number,
  parent: AbortSignal,
  stage?: string,
): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController();
  const onParent = (): void => {
    controller.abort(parent.reason);
  };
  if (parent.aborted) controller.abort(parent.reason);
  else parent.addEventListener('abort', onParent, { once: true });
  const timer = setTimeout(() => {
    controller.abort(
      new FootnoteError(
        'timeout',
        `${stage ?? 'the work'} took longer than ${timeoutMs} ms`,
        stage === undefined ? {} : { stage },
      ),
    );
  }, timeoutMs);
  timer.unref();
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      parent.removeEventListener('abort', onParent);
    },
  };
}

/** Rejects as soon as the signal aborts; the promise itself goes on, its result is dropped. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return Promise.reject(abortReason(signal));
  }
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(abortReason(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}

/** The reason of an aborted signal as a typed error. */
export function abortReason(signal: AbortSignal): FootnoteError {
  const reason: unknown = signal.reason;
  return reason instanceof FootnoteError
    ? reason
    : new FootnoteError('cancelled', 'the work was cancelled', { cause: reason });
}
