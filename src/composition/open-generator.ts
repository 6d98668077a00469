/** Finds the generator to serve with: the first candidate whose weights can be had and are sound. */
import { join } from 'node:path';
import { LocalGenerator } from '../../generator/local-generator.ts';
import type { Config } from '../core/config.ts';
import { FootnoteError, toFootnoteError } from '../core/errors.ts';
import type { Warning } from '../core/nouns.ts';
import type { Generator } from '../core/seams.ts';
import {
  BETTER,
  defaultGenerators,
  measureMachine,
  probeHub,
} from '../runtime/models/default-generators.ts';
import type { PullProgress } from '../runtime/models/model-download.ts';
import type { ModelStore } from '../runtime/models/model-store.ts';
import { openRemoteGenerator } from './open-remote-generator.ts';
import { passedSelfCheck, rememberSelfCheck } from './self-check-record.ts';
import { isFastEnough, measureSpeed, rememberedSpeed } from './speed-probe.ts';

/** Perplexity that any sound model reaches on the self-check's paragraph, where none is on record. */
const ANY_MODEL = { min: 1.5, max: 80 };

/** A generator that is open, here or elsewhere. */
export interface OpenedGenerator extends Generator {
  /** Makes it ready for the first question. */
  warm(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface OpenGeneratorOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Why a candidate was passed over, and other news, one line each. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * @returns the generator, and a warning for each candidate that was passed over; null when none of the
 * defaults can be had (answers are then quotations)
 * @throws FootnoteError when a generator was configured and cannot be found or fetched
 */
export async function openGenerator(
  config: Config,
  store: Pick<ModelStore, 'list' | 'ensure'>,
  options: OpenGeneratorOptions,
): Promise<{ readonly generator: OpenedGenerator | null; readonly warnings: readonly Warning[] }> {
  const { signal } = options;
  const remote = await openRemoteGenerator(config, { signal });
  if (remote !== null) return { generator: remote, warnings: [] };
  const installed = (await store.list())
    .filter(({ state }) => state === 'verified')
    .map(({ entry }) => entry.name);
  const candidates = defaultGenerators(config, {
    hubReachable: config.generator === undefined && (await probeHub(config, { signal })),
    ...measureMachine(),
    installed,
  });
  const warnings: Warning[] = [];
  for (const candidate of candidates) {
    try {
      const last = candidate === candidates.at(-1);
      const probed = candidate === BETTER && candidate !== config.generator && !last;
      const generator = await openChecked(candidate, config, store, { ...options, probed });
      if (generator !== null) return { generator, warnings };
    } catch (error) {
      const { code, message } = toFootnoteError(error);
      // A model that was asked for and cannot be had is the user's to mend; one whose weights are
      // not sound gives way to the next in line, like a default.
      const unsound = code === 'model-self-check-failed' || code === 'model-invalid';
      if (signal.aborted || (candidate === config.generator && !unsound)) throw error;
      warnings.push({ code, message: `the generator ${candidate} is not used: ${message}` });
      options.onNotice?.(`${candidate}: ${message}`);
    }
  }
  return { generator: null, warnings };
}

/**
 * Fetches, opens and, on first use, self-checks one model.
 * @returns null for one that is probed and too slow here
 */
async function openChecked(
  candidate: string,
  config: Config,
  store: Pick<ModelStore, 'ensure'>,
  options: OpenGeneratorOptions & { readonly probed: boolean },
): Promise<LocalGenerator | null> {
  const { signal } = options;
  const { name, path, entry } = await store.ensure(candidate, options);
  const known = options.probed ? await rememberedSpeed(path, config) : null;
  if (known !== null && !isFastEnough(known)) return null;
  const generator = await LocalGenerator.open({
    weightsPath: path,
    model: name,
    cacheDir: config.cacheDir,
    threads: config.threads,
    device: config.device,
    form: config.generatorForm,
    loraPath: config.generatorLora,
    cache: config.generatorCache === 'int8' ? 'int8' : undefined,
    maxQueued: config.maxQueued,
    timeoutMs: config.generateTimeoutMs,
    signal,
  });
  // An update is as good a reason to check as the weights themselves.
  const checked =
    config.generatorLora === undefined
      ? path
      : join(config.generatorLora, 'adapter_model.safetensors');
  try {
    if (!(await passedSelfCheck(config.cacheDir, checked, config.device))) {
      const check = await generator.selfCheck({
        perplexity: entry.perplexity ?? ANY_MODEL,
        signal,
      });
      if (!check.ok) {
        throw new FootnoteError('model-self-check-failed', `${name}: ${check.detail}`, {
          stage: 'models',
          extra: { perplexity: check.perplexity },
        });
      }
      await rememberSelfCheck(config.cacheDir, checked, config.device, check.detail);
    }
    if (options.probed && known === null) {
      const ms = await measureSpeed(generator, path, config, { signal });
      if (!isFastEnough(ms)) {
        const seconds = (ms / 1_000).toFixed(1);
        options.onNotice?.(`${name} takes ${seconds} s to a first sentence here: too slow`);
        await generator.close();
        return null;
      }
    }
    return generator;
  } catch (error) {
    await generator.close();
    throw error;
  }
}
