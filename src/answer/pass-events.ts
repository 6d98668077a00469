/**
 * The events of a generator, changed or left out one by one, and what it returns.
 * @param change the event to yield in its place; null: none
 */
export async function* passEvents<E, F, T>(
  work: AsyncGenerator<E, T>,
  change: (event: E) => F | null,
): AsyncGenerator<F, T> {
  try {
    for (;;) {
      const next = await work.next();
      if (next.done === true) return next.value;
      const changed = change(next.value);
      if (changed !== null) yield changed;
    }
  } finally {
    // The reader may have gone: what is under way ends with it.
    await work.return(undefined as never);
  }
}
