/** An embedder that keeps its vectors on disk between training runs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallOptions, Embedder } from '../../../src/core/seams.ts';

export class VectorCache implements Embedder {
  readonly dimensions: number;
  readonly #inner: Embedder;
  readonly #folder: string;
  readonly #vectors = new Map<string, Float32Array>();
  misses = 0;

  constructor(inner: Embedder, folder: string) {
    this.#inner = inner;
    this.#folder = folder;
    this.dimensions = inner.dimensions;
    const names = join(folder, 'vectors.json');
    if (!existsSync(names)) return;
    const keys = JSON.parse(readFileSync(names, 'utf8')) as string[];
    const bytes = readFileSync(join(folder, 'vectors.bin'));
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    keys.forEach((key, at) => {
      this.#vectors.set(key, values.subarray(at * this.dimensions, (at + 1) * this.dimensions));
    });
  }

  async embed(
    texts: readonly string[],
    options: CallOptions & { readonly kind: 'query' | 'passage' },
  ): Promise<readonly Float32Array[]> {
    const result: Float32Array[] = [];
    for (const text of texts) {
      const key = `${options.kind}: ${text}`;
      let vector = this.#vectors.get(key);
      if (vector === undefined) {
        [vector] = (await this.#inner.embed([text], options)) as [Float32Array];
        this.#vectors.set(key, vector);
        this.misses += 1;
      }
      result.push(vector);
    }
    return result;
  }

  /** Writes what was added. */
  save(): void {
    if (this.misses === 0) return;
    mkdirSync(this.#folder, { recursive: true });
    const all = new Float32Array(this.#vectors.size * this.dimensions);
    [...this.#vectors.values()].forEach((vector, at) => all.set(vector, at * this.dimensions));
    writeFileSync(join(this.#folder, 'vectors.bin'), Buffer.from(all.buffer));
    writeFileSync(join(this.#folder, 'vectors.json'), JSON.stringify([...this.#vectors.keys()]));
  }
}
