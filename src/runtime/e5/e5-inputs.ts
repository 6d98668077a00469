/** Token ids to the encoder's input: word, position and token-type rows added up. */
import type { E5Weights } from './e5-weights.ts';

export class E5Inputs {
  readonly hidden: number;
  /** Longest sequence, marks included. */
  readonly mostTokens: number;
  readonly #weights: E5Weights;
  readonly #positions: Float32Array;

  /** @param mostTokens at most the positions that the file holds */
  constructor(weights: E5Weights, mostTokens: number) {
    const { hidden, positions } = weights.shape;
    this.hidden = hidden;
    this.mostTokens = Math.min(mostTokens, positions);
    this.#weights = weights;
    // The position and token-type rows are the same for every text; sum them once.
    const type = weights.slice('emb.type', 0, hidden);
    this.#positions = weights.slice('emb.pos', 0, this.mostTokens * hidden);
    for (let index = 0; index < this.#positions.length; index += 1) {
      this.#positions[index] = (this.#positions[index] ?? 0) + (type[index % hidden] ?? 0);
    }
  }

  /** [S, hidden] for S ids, at most `mostTokens` of them; row-major. */
  states(ids: readonly number[]): Float32Array {
    const { hidden } = this;
    const x = this.#positions.slice(0, ids.length * hidden);
    ids.forEach((id, place) => {
      const row = this.#weights.slice('emb.word', id * hidden, hidden);
      const at = place * hidden;
      for (let index = 0; index < hidden; index += 1) {
        x[at + index] = (x[at + index] ?? 0) + (row[index] ?? 0);
      }
    });
    return x;
  }
}
