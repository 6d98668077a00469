/** Code in a claim is exact: an option, a function or a path that no reference has was made up. */

const FENCE = /```[^\n`]*\n?|```/gu;
const QUOTED = /`([^`\n]+)`/gu;
/** Inside backticks: options, identifiers, dotted names and paths. */
const PART = /--?[a-z][\w-]*|[a-z_]\w*(?:[./:]\w+)+|[a-z_]\w{2,}/giu;
/** In running text only what is clearly code. */
const BARE = /(?<![\w-])--[a-z][\w-]+|\b[a-z]\w*_\w+|\b[a-z]\w+(?=\(\))|\b[a-z]+[A-Z]\w+/gu;
/** Made to be replaced: `<file>`, `your_table`, `column1`. */
const PLACEHOLDER = /^(?:your|my|some|the|file|path|name|table|column|example|foo|bar|value|url)/iu;

/** How many of a claim's code words stand in none of the texts. */
export function missingCode(claim: string, texts: readonly string[]): number {
  const text = claim.replaceAll(FENCE, ' ');
  const words = new Set<string>();
  for (const [, inner = ''] of text.matchAll(QUOTED))
    for (const [part] of inner
      .replaceAll(/<[^<>]*>|\[[^[\]]*\]|"[^"]*"|'[^']*'/gu, ' ')
      .matchAll(PART))
      words.add(part.toLowerCase());
  for (const [part] of text.replaceAll(QUOTED, ' ').matchAll(BARE)) words.add(part.toLowerCase());
  const known = texts.map((one) => one.toLowerCase());
  return [...words].filter(
    (word) => !PLACEHOLDER.test(word) && !known.some((one) => one.includes(word)),
  ).length;
}
