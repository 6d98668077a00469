/** Attributes of a tag that nothing reads: a parser makes a node of each, with its own cost. */

/** Pictures keep all: Readability finds lazily loaded ones by any attribute. */
const MEDIA = new Set(['img', 'picture', 'source', 'figure', 'video', 'audio', 'embed']);

/**
 * Tracking data, handlers, ARIA states, looks. What tells hidden parts, roles, names and dates stays:
 * `style` that may hide text, `data-testid` and the like. Only with a value: words of a class
 * look like attributes without one.
 */
const HIDES = String.raw`display|visibility|opacity|position|clip|scale|translate|indent|margin|max-height|font-size\s*:\s*[.\d]|font\s*:|(?<![\w-])color|background|(?:height|width)\s*:\s*[01](?:px)?\s*[;"']`;
const UNREAD = new RegExp(
  String.raw`\s(?:data-(?!testid|component|src|href|line-number|footnote-ref|(?:bs-)?(?:target|toggle))[\w:.-]*|on(?!click)[a-z]+|aria-(?!hidden|label\b|modal|expanded|controls)[\w-]*|tabindex|target|width|height|style(?=\s*=\s*(?:"(?![^"]*(?:${HIDES}))|'(?![^']*(?:${HIDES})))))\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+)(?=[\s>/])`,
  'giu',
);

/**
 * @param name in lower case
 * @param tag its source, `<` to `>`
 */
export function withoutUnread(name: string, tag: string): string {
  return tag.length < name.length + 8 || MEDIA.has(name) ? tag : tag.replace(UNREAD, '');
}
