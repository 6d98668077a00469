/** FNV-1a over code points, 32 bits: for splits and samples that never change. */
export function stableHash(text: string): number {
  let hash = 2166136261;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  }
  return hash;
}
