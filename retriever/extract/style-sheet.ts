/**
 * The few things that extraction reads in a page's own style sheets: which rules may hide text, which
 * class makes an inline element a block, and the colour of the page's ground. A scanner, not a CSS
 * engine: selectors with pseudo-classes and rules for print or narrow screens are left out.
 */

/** Declarations by property in lower case; `!important` is taken off the value. */
export type Declarations = ReadonlyMap<string, string>;

export interface StyleRule {
  readonly selector: string;
  readonly declarations: Declarations;
  readonly important: ReadonlySet<string>;
  /** Ids, classes and tags, weighted as CSS does. */
  readonly specificity: number;
  /** Place in the source: later rules win. */
  readonly order: number;
}

export interface StyleSheet {
  /** Rules by the id (`#x`), class (`.x`) or tag of the element they are for. */
  readonly rules: ReadonlyMap<string, readonly StyleRule[]>;
  /** Classes that make an element a line or a box of its own, or its children. */
  readonly boxes: ReadonlySet<string>;
  readonly rows: ReadonlySet<string>;
  /** Background of `body` or `html`, as written; null when no rule gives one. */
  readonly ground: string | null;
}

const MAX_CHARS = 600_000;
const MAX_RULES = 6_000;
/** Properties that can hide text. */
const READ =
  /(?:^|[;\s{])(?:display|visibility|opacity|font-size|font|color|background(?:-color|-clip|-image)?|-webkit-background-clip|position|left|top|right|bottom|text-indent|clip|clip-path|width|height|max-height|overflow|transform|margin-left|margin-top|animation(?:-name)?|transition)\s*:/iu;
const SKIPPED_AT =
  /^@(?:-\w+-)?(?:keyframes|font-face|page|counter-style|property|import|charset)/iu;
const OTHER_MEDIA = /print|max-width|max-device|prefers|speech|orientation|hover|width\s*</iu;

/** Declarations of a `style` attribute or a rule's body. */
export function parseDeclarations(body: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of body.split(';', 80)) {
    const colon = part.indexOf(':');
    if (colon < 0) continue;
    const value = part.slice(colon + 1).trim();
    if (value.length > 0 && value.length < 300) {
      found.set(part.slice(0, colon).trim().toLowerCase(), value);
    }
  }
  return found;
}

function specificityOf(selector: string): number {
  const ids = selector.match(/#[\w-]+/gu)?.length ?? 0;
  const classes = selector.match(/\.[\w-]+|\[[^\]]*\]/gu)?.length ?? 0;
  const tags = selector.match(/(?:^|[\s>+~])[a-z][\w-]*/giu)?.length ?? 0;
  return ids * 10_000 + classes * 100 + tags;
}

/** What an element must have for the selector to match: the last compound's id, class or tag. */
function keyOf(selector: string): string | null {
  const last = selector.split(/[\s>+~]+/u).at(-1) ?? '';
  const name = /#[\w-]+|\.[\w-]+/u.exec(last)?.[0];
  if (name !== undefined) return name;
  return /^[a-z][\w-]*$/iu.exec(last)?.[0].toLowerCase() ?? null;
}

/** Rules of style sheets in order; at most 600,000 characters are read. */
export function parseStyleSheets(sources: readonly string[]): StyleSheet {
  const rules = new Map<string, StyleRule[]>();
  const boxes = new Set<string>();
  const rows = new Set<string>();
  let ground: string | null = null;
  let count = 0;
  const add = (prelude: string, body: string): void => {
    if (count >= MAX_RULES || !READ.test(body)) return;
    const raw = parseDeclarations(body);
    const important = new Set<string>();
    const declarations = new Map<string, string>();
    for (const [property, value] of raw) {
      const plain = value.replace(/\s*!\s*important\s*$/iu, '');
      if (plain !== value) important.add(property);
      declarations.set(property, plain);
    }
    const display = declarations.get('display') ?? '';
    for (const part of prelude.split(',', 40)) {
      const selector = part.trim();
      if (selector === '' || selector.length > 200 || /[:\\]/u.test(selector)) continue;
      if (/^(?:html|body|\*)$/iu.test(selector)) {
        ground = declarations.get('background-color') ?? declarations.get('background') ?? ground;
        continue;
      }
      const key = keyOf(selector);
      if (key === null) continue;
      const alone = /^(?:[a-z][\w-]*)?\.([\w-]+)$/iu.exec(selector)?.[1];
      if (alone !== undefined && /^(?:block|flex|grid|table|list-item)/iu.test(display)) {
        boxes.add(alone);
      }
      if (alone !== undefined && /flex|grid/iu.test(display)) rows.add(alone);
      count += 1;
      const rule = {
        selector,
        declarations,
        important,
        specificity: specificityOf(selector),
        order: count,
      };
      const known = rules.get(key);
      if (known === undefined) rules.set(key, [rule]);
      else known.push(rule);
    }
  };
  let left = MAX_CHARS;
  for (const source of sources) {
    if (left <= 0) break;
    scanRules(source.slice(0, left).replace(/\/\*[^]*?(?:\*\/|$)/gu, ' '), add);
    left -= source.length;
  }
  return { rules, boxes, rows, ground };
}

/** Calls `add` for each rule that holds on a wide screen; bodies of nested rules are left out. */
function scanRules(css: string, add: (prelude: string, body: string) => void): void {
  let position = 0;
  /** Closing braces of conditional blocks are passed over one by one. */
  const brace = /[{}]/gu;
  while (position < css.length) {
    brace.lastIndex = position;
    const match = brace.exec(css);
    if (match === null) return;
    const at = match.index;
    if (match[0] === '}') {
      position = at + 1;
      continue;
    }
    const prelude = css.slice(position, at).split(';').at(-1)!.trim();
    if (prelude.startsWith('@')) {
      const other =
        SKIPPED_AT.test(prelude) || (/^@media/iu.test(prelude) && OTHER_MEDIA.test(prelude));
      position = other ? blockEnd(css, at) : at + 1;
      continue;
    }
    const end = blockEnd(css, at);
    const inner = css.slice(at + 1, Math.max(at + 1, end - 1));
    const nested = inner.indexOf('{');
    add(prelude, nested < 0 ? inner : inner.slice(0, Math.max(0, inner.lastIndexOf(';', nested))));
    position = end;
  }
}

/** Index after the brace that closes the one at `open`. */
function blockEnd(css: string, open: number): number {
  const brace = /[{}]/gu;
  brace.lastIndex = open;
  let depth = 0;
  for (let match = brace.exec(css); match !== null; match = brace.exec(css)) {
    depth += match[0] === '{' ? 1 : -1;
    if (depth === 0) return match.index + 1;
  }
  return css.length;
}
