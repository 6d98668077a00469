/** Opens the generator elsewhere that the configuration names. */
import { RemoteGenerator } from '../../generator/remote/remote-generator.ts';
import { proxySettings, type Config } from '../core/config.ts';
import type { CallOptions } from '../core/seams.ts';

/**
 * @returns null where none is configured (`FOOTNOTE_GENERATOR_URL`)
 * @throws FootnoteError as `RemoteGenerator.open`
 */
export async function openRemoteGenerator(
  config: Config,
  { signal }: CallOptions,
): Promise<RemoteGenerator | null> {
  if (config.generatorUrl === undefined) return null;
  return RemoteGenerator.open({
    url: config.generatorUrl,
    key: config.generatorKey,
    model: config.generator,
    timeoutMs: config.generateTimeoutMs,
    proxy: proxySettings(config),
    signal,
  });
}
