/** Folders that can be written: a container with a read-only root, or a user without a home, has others. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../core/config.ts';
import { FootnoteError } from '../core/errors.ts';

/**
 * The configuration with a cache folder that can be written: the configured one, else one in the system's
 * temporary folder, which `onNotice` tells.
 * @throws FootnoteError `config-invalid` when neither can be
 */
export function withUsableFolders(config: Config, onNotice?: (line: string) => void): Config {
  const fault = writeFault(config.cacheDir);
  if (fault === null) return config;
  const cacheDir = join(tmpdir(), `footnote-cache-${process.getuid?.() ?? 'user'}`);
  if (writeFault(cacheDir) !== null) {
    throw new FootnoteError(
      'config-invalid',
      `the cache folder ${config.cacheDir} cannot be written (${fault}): set FOOTNOTE_CACHE_DIR to one that can`,
    );
  }
  onNotice?.(
    `the cache folder ${config.cacheDir} cannot be written (${fault}); using ${cacheDir}: set FOOTNOTE_CACHE_DIR to a folder that lasts`,
  );
  return Object.freeze({ ...config, cacheDir });
}

function writeFault(folder: string): string | null {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
}
