import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { abortReason, deadline } from '../../core/deadline.ts';
import { FootnoteError } from '../../core/errors.ts';
import type { CallOptions } from '../../core/seams.ts';

const STALE_MS = 20_000;
const UPDATE_MS = 5_000;
const POLL_MS = 300;

/**
 * Runs `work` while holding the folder's lock, so that of all processes (and calls of this one) one
 * downloads and the others wait. The lock of a process that died is taken over after 20 s. `work` gets
 * a signal that also aborts when the lock is lost.
 * @throws FootnoteError `timeout` when the lock is not free within `waitTimeoutMs`, `cancelled`; what
 * `work` throws; the file system's own error where the folder cannot be written
 */
export async function withModelLock<T>(
  folder: string,
  options: CallOptions & {
    readonly waitTimeoutMs: number;
    /** Called again and again while another one holds the lock. */
    readonly onWait?: (() => void | Promise<void>) | undefined;
  },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const release = await acquire(folder, options, lost);
  try {
    return await work(AbortSignal.any([options.signal, lost.signal]));
  } finally {
    // A lost lock is not ours to release.
    await release().catch(() => undefined);
  }
}

async function acquire(
  folder: string,
  options: Parameters<typeof withModelLock>[1],
  lost: AbortController,
): Promise<() => Promise<void>> {
  const limit = deadline(
    options.waitTimeoutMs,
    options.signal,
    `the wait for the lock of ${folder}`,
  );
  try {
    for (;;) {
      if (limit.signal.aborted) throw abortReason(limit.signal);
      try {
        return await lockfile.lock(folder, {
          lockfilePath: join(folder, '.lock'),
          realpath: false,
          stale: STALE_MS,
          update: UPDATE_MS,
          retries: 0,
          onCompromised: (error) => {
            lost.abort(
              new FootnoteError('model-download-failed', `the lock of ${folder} was lost`, {
                cause: error,
                stage: 'models',
                extra: { reason: 'lock-lost' },
              }),
            );
          },
        });
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'ELOCKED') throw error;
        await options.onWait?.();
        await sleep(POLL_MS, undefined, { signal: limit.signal }).catch(() => undefined);
      }
    }
  } finally {
    limit.clear();
  }
}
