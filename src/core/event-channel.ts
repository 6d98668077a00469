/** Values pushed from callbacks, read as an async iterable; ends when closed, throws when failed. */
export class EventChannel<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  #end: { readonly error?: unknown } | null = null;
  #wake: () => void = () => undefined;

  push(value: T): void {
    if (this.#end !== null) return;
    this.#values.push(value);
    this.#wake();
  }

  /** No values come after this; with an error the reader gets it once the values are read. */
  close(end: { readonly error?: unknown } = {}): void {
    this.#end ??= end;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const value = this.#values.shift();
      if (value !== undefined) yield value;
      else if (this.#end !== null) {
        if ('error' in this.#end) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
