/** Something that is opened when it is first needed, once for all who need it. */
export interface OpenOnce<T> {
  /** A failed opening is tried again by the next call. */
  open(): Promise<T>;
  /** What is open or being opened; null before the first call. */
  readonly current: Promise<T> | null;
}

export function openOnce<T>(open: () => Promise<T>): OpenOnce<T> {
  let current: Promise<T> | null = null;
  return {
    open: () => {
      current ??= open().catch((error: unknown) => {
        current = null;
        throw error;
      });
      return current;
    },
    get current() {
      return current;
    },
  };
}
