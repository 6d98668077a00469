import { availableParallelism } from 'node:os';
import { proxySettings, type ProxyConfig } from '../../core/config.ts';
import type { CallOptions } from '../../core/seams.ts';
import { HubClient } from './hub-client.ts';
import { findModel, type HubLocation } from './model-table.ts';

export interface MachineFacts {
  readonly hubReachable: boolean;
  /** Memory in bytes that is free for us, a container's limit included. */
  readonly memoryBytes: number;
  readonly cores: number;
  /** Store names that are already here; they need no hub. */
  readonly installed?: readonly string[];
}

const LARGE = 'glm-edge-1.5b-chat';
/**
 * Writes better than the common one, at three times the time: the caller probes whether it is fast enough.
 * Only where it was fetched on purpose: 1.1 GB and minutes of converting are no first answer.
 */
export const BETTER = 'qwen2.5-coder-1.5b';
const COMMON = 'qwen2.5-coder-0.5b';
const SMALL = 'smollm2-135m';
/** With fewer cores the large model's first token would take too long for an answer engine. */
const LARGE_MIN_CORES = 4;
const BETTER_MIN_CORES = 2;

/**
 * Generators to try, best first: each is ensured and self-checked by the caller, and a model that
 * fails gives way to the next one with the reason said. A configured generator stands first; when it
 * cannot even be found (`model-unknown`, `model-missing`) the caller should stop and say so instead
 * of serving another model.
 */
export function defaultGenerators(
  config: { readonly generator?: string | undefined },
  machine: MachineFacts,
): readonly string[] {
  const bears = (name: string): boolean =>
    machine.memoryBytes >= (findModel(name)?.memoryBytes ?? 0);
  const reached = machine.hubReachable || (machine.installed ?? []).includes(LARGE);
  const line = [
    ...(config.generator === undefined ? [] : [config.generator]),
    ...(reached && bears(LARGE) && machine.cores >= LARGE_MIN_CORES ? [LARGE] : []),
    ...(config.generator === undefined &&
    (machine.installed ?? []).includes(BETTER) &&
    bears(BETTER) &&
    machine.cores >= BETTER_MIN_CORES
      ? [BETTER]
      : []),
    ...(bears(COMMON) ? [COMMON] : [SMALL]),
  ];
  return [...new Set(line)];
}

/** The machine's side of `MachineFacts`. */
export function measureMachine(): Pick<MachineFacts, 'memoryBytes' | 'cores'> {
  return { memoryBytes: process.availableMemory(), cores: availableParallelism() };
}

/**
 * Whether the hub is there and has the large default model: one HEAD, two seconds at most. Throws
 * only `cancelled`.
 */
export async function probeHub(
  config: { readonly hubEndpoint: string; readonly hubToken?: string | undefined } & ProxyConfig,
  options: CallOptions & { readonly timeoutMs?: number },
): Promise<boolean> {
  const location = findModel(LARGE)?.files[0].locations.find(
    (one): one is HubLocation => one.kind === 'hub',
  );
  if (location === undefined) return false;
  const client = new HubClient({
    endpoint: config.hubEndpoint,
    token: config.hubToken,
    proxy: proxySettings(config),
  });
  try {
    return await client.reachable(location, options);
  } finally {
    await client.close();
  }
}
