/** `content` of a page's meta tags by their lower-cased name, property or itemprop; the first of each. */
export type Metas = ReadonlyMap<string, string>;

/** The value of the first of `names` that the page has. */
export function first(metas: Metas, names: readonly string[]): string | null {
  for (const name of names) {
    const value = metas.get(name);
    if (value !== undefined) return value;
  }
  return null;
}
