/** A cross-encoder that keeps what it said on disk between runs of a bench. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { CrossEncoder, PairScores } from '../../../src/runtime/cross-encoder/cross-encoder.ts';

type Scores = Pick<CrossEncoder, 'scorePairs'>;

export class KeptPairs implements Scores {
  readonly #inner: Scores;
  readonly #path: string;
  readonly #known: Map<string, PairScores>;
  #isNew = false;

  constructor(inner: Scores, folder: string) {
    this.#inner = inner;
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, 'pairs.bin');
    this.#known = existsSync(this.#path)
      ? (deserialize(readFileSync(this.#path)) as Map<string, PairScores>)
      : new Map<string, PairScores>();
  }

  async scorePairs(...[pairs, options]: Parameters<Scores['scorePairs']>): Promise<PairScores[]> {
    const key = (pair: unknown): string => JSON.stringify(pair);
    const missing = pairs.filter((pair) => !this.#known.has(key(pair)));
    const said = await this.#inner.scorePairs(missing, options);
    missing.forEach((pair, at) => this.#known.set(key(pair), said[at] as PairScores));
    this.#isNew ||= missing.length > 0;
    return pairs.map((pair) => this.#known.get(key(pair)) as PairScores);
  }

  /** Writes what was added. */
  save(): void {
    if (this.#isNew) writeFileSync(this.#path, serialize(this.#known));
  }
}
