/** Ends each choice's text at a stop string, also one that arrives in pieces. */
export class StopWriter {
  readonly #stops: readonly string[];
  readonly #onText: (index: number, text: string) => void;
  readonly #rows = new Map<number, { held: string; text: string; stopped: boolean }>();
  readonly #longest: number;

  constructor(stops: readonly string[], onText: (index: number, text: string) => void) {
    this.#stops = stops.filter((text) => text !== '');
    this.#longest = Math.max(0, ...this.#stops.map(({ length }) => length));
    this.#onText = onText;
  }

  push(index: number, text: string): void {
    const row = this.#row(index);
    if (row.stopped) return;
    row.held += text;
    const ends = this.#stops.map((stop) => row.held.indexOf(stop)).filter((at) => at !== -1);
    if (ends.length > 0) {
      row.held = row.held.slice(0, Math.min(...ends));
      row.stopped = true;
      this.#show(index, row.held.length);
      return;
    }
    // A stop string may have begun in the last characters.
    this.#show(index, row.held.length - Math.max(0, this.#longest - 1));
  }

  end(index: number): string {
    const row = this.#row(index);
    this.#show(index, row.held.length);
    return row.text;
  }

  stopped(index: number): boolean {
    return this.#row(index).stopped;
  }

  #show(index: number, length: number): void {
    const row = this.#row(index);
    if (length <= 0) return;
    const text = row.held.slice(0, length);
    row.held = row.held.slice(length);
    row.text += text;
    this.#onText(index, text);
  }

  #row(index: number): { held: string; text: string; stopped: boolean } {
    let row = this.#rows.get(index);
    if (row === undefined) {
      row = { held: '', text: '', stopped: false };
      this.#rows.set(index, row);
    }
    return row;
  }
}
