import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DiskCache } from '../../retriever/cache/disk-cache.ts';
import { LayeredCache } from '../../retriever/cache/layered-cache.ts';
import { MemoryCache } from '../../retriever/cache/memory-cache.ts';
import type { Config } from '../core/config.ts';
import type { Cache } from '../core/seams.ts';

export interface OpenCache {
  /** Null: nothing is cached. */
  readonly cache: Cache | null;
  /** What must differ between two caches' users for them not to share entries. */
  readonly scope: string;
}

/** The cache of pages and search results, as configured: memory before disk, either may be absent. */
export function openCache(config: Config): OpenCache {
  const { cacheMemoryBytes, cacheDiskBytes } = config;
  const near = cacheMemoryBytes > 0 ? new MemoryCache({ maxBytes: cacheMemoryBytes }) : null;
  const far =
    cacheDiskBytes > 0
      ? new DiskCache({ path: join(config.cacheDir, 'web.db'), maxBytes: cacheDiskBytes })
      : null;
  // Pages that the guard or robots.txt lets one process read must not reach another through the disk.
  const rules = JSON.stringify([config.fetchAllow, config.ignoreRobots, config.maxPageBytes]);
  return {
    cache: near !== null && far !== null ? new LayeredCache(near, far) : (near ?? far),
    scope: createHash('sha256').update(rules).digest('hex').slice(0, 12),
  };
}
