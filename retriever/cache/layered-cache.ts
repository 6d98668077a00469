import type { Cache, CacheEntry, CallOptions } from '../../src/core/seams.ts';

/** A fast cache before a large one: what the second holds is copied into the first when it is used. */
export class LayeredCache implements Cache {
  readonly #near: Cache;
  readonly #far: Cache;

  constructor(near: Cache, far: Cache) {
    this.#near = near;
    this.#far = far;
  }

  async get(key: string, options: CallOptions): Promise<CacheEntry | null> {
    const near = await this.#near.get(key, options);
    if (near !== null) return near;
    const far = await this.#far.get(key, options);
    if (far !== null) await this.#near.set(key, far, options);
    return far;
  }

  async set(key: string, entry: CacheEntry, options: CallOptions): Promise<void> {
    await this.#near.set(key, entry, options);
    await this.#far.set(key, entry, options);
  }

  async delete(key: string, options: CallOptions): Promise<void> {
    await this.#near.delete(key, options);
    await this.#far.delete(key, options);
  }

  async close(): Promise<void> {
    await Promise.all([this.#near.close(), this.#far.close()]);
  }
}
