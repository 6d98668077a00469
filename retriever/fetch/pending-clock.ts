/**
 * Wall time by what was pending, for work that overlaps: the time during which at least one page
 * waited on the network, and the time during which extraction was all that was waited for.
 */
export class PendingClock {
  #network = 0;
  #extraction = 0;
  #since = performance.now();
  #networkMs = 0;
  #extractionMs = 0;

  /** Counts `work` as pending until it settles. */
  async during<T>(kind: 'network' | 'extraction', work: Promise<T>): Promise<T> {
    this.#tick();
    if (kind === 'network') this.#network += 1;
    else this.#extraction += 1;
    try {
      return await work;
    } finally {
      this.#tick();
      if (kind === 'network') this.#network -= 1;
      else this.#extraction -= 1;
    }
  }

  /** Milliseconds so far. */
  read(): { readonly networkMs: number; readonly extractionOnlyMs: number } {
    this.#tick();
    return { networkMs: this.#networkMs, extractionOnlyMs: this.#extractionMs };
  }

  #tick(): void {
    const now = performance.now();
    if (this.#network > 0) this.#networkMs += now - this.#since;
    else if (this.#extraction > 0) this.#extractionMs += now - this.#since;
    this.#since = now;
  }
}
