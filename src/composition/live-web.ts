import { request } from 'undici';
import type { GuardedDispatcher } from '../../retriever/fetch/guarded-dispatcher.ts';
import type { Config } from '../core/config.ts';
import { deadline } from '../core/deadline.ts';
import type { CallOptions } from '../core/seams.ts';

const PROBE_MS = 2_500;

/**
 * Whether a keyless search engine answers at all (any status counts), so that a machine without
 * internet gets the sample web at once instead of a time-out for every question.
 */
export async function liveWebReachable(
  config: Config,
  dispatcher: GuardedDispatcher,
  { signal }: CallOptions,
): Promise<boolean> {
  const limit = deadline(PROBE_MS, signal, 'search');
  try {
    await Promise.any(
      [config.duckduckgoUrl, config.mediawikiUrl.replace('{lang}', 'en')].map(async (url) => {
        const { body } = await request(new URL('/', url), {
          method: 'HEAD',
          dispatcher: dispatcher.agent,
          signal: limit.signal,
        });
        await body.dump();
      }),
    );
    return true;
  } catch {
    return false;
  } finally {
    limit.clear();
  }
}
