/**
 * Text that a page carries in its scripts for a framework to show: state objects assigned to globals,
 * streamed server components. Nothing is run: objects are cut out by their brackets and read as JSON, and
 * where a script computes them its string literals are read.
 */

const STATE =
  /__next_f\b|\b__[A-Z][A-Z0-9_]*__\b|\b(?:window|self|globalThis)\s*(?:\.\s*[\w$]+|\[\s*["'][\w$]+["']\s*\])\s*=\s*(?:[{["'(]|JSON\.parse|decodeURI)/u;
const MAX_CHARS = 2_000_000;

/** May this inline script hold text? */
export function holdsState(script: string): boolean {
  return script.length > 60 && STATE.test(script.slice(0, 4_000));
}

/** One value that was found; `rendered`: a tree of components, whose inner pieces make sentences. */
export interface ScriptValue {
  readonly value: unknown;
  readonly rendered: boolean;
}

/** Values in state scripts, in order. */
export function scriptValues(scripts: readonly string[]): readonly ScriptValue[] {
  const found: ScriptValue[] = [];
  const stream: string[] = [];
  for (const script of scripts) {
    const source = script.slice(0, MAX_CHARS);
    if (source.includes('__next_f')) {
      for (const [, array] of source.matchAll(
        /__next_f\s*\.push\(\s*(\[\s*1\s*,[^]*?\])\s*\)\s*(?=;|$|,)/gu,
      )) {
        const value = parsed(array ?? '');
        if (Array.isArray(value) && typeof value[1] === 'string') stream.push(value[1]);
      }
      continue;
    }
    const values = assigned(source);
    if (values.length > 0) for (const value of values) found.push({ value, rendered: false });
    else found.push({ value: literals(source), rendered: false });
  }
  for (const value of streamRows(stream.join(''))) found.push({ value, rendered: true });
  return found;
}

function parsed(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return undefined;
  }
}

/** Objects, lists and JSON in strings that the script assigns. */
function assigned(source: string): unknown[] {
  const values: unknown[] = [];
  for (const match of source.matchAll(
    /=\s*(JSON\.parse\(\s*)?(?:decodeURIComponent\(\s*)?(?=[{["'])/gu,
  )) {
    const start = match.index + match[0].length;
    const end = valueEnd(source, start);
    if (end < 0 || end - start < 30) continue;
    const text = source.slice(start, end);
    let value =
      text.startsWith('"') || text.startsWith("'")
        ? literal(text)
        : parsed(text.replace(/([:[,]\s*)(?:undefined|NaN|void 0)(?=\s*[,\]}])/gu, '$1null'));
    if (typeof value === 'string') {
      const inner = /^%7B|^%5B/iu.test(value) ? decoded(value) : value;
      value = /^\s*[{[]/u.test(inner) ? parsed(inner) : undefined;
    }
    if (value !== undefined && value !== null) values.push(value);
    if (values.length >= 40) break;
  }
  return values;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** Index after the bracketed value or string that begins at `start`; -1 when it never ends. */
function valueEnd(source: string, start: number): number {
  const marks = /["'`]|[{}[\]]/gu;
  marks.lastIndex = start;
  let depth = 0;
  for (let match = marks.exec(source); match !== null; match = marks.exec(source)) {
    const mark = match[0];
    if (/["'`]/u.test(mark)) {
      const end = stringEnd(source, match.index);
      if (end < 0) return -1;
      if (depth === 0) return end;
      marks.lastIndex = end;
    } else {
      depth += mark === '{' || mark === '[' ? 1 : -1;
      if (depth <= 0) return match.index + 1;
    }
  }
  return -1;
}

function stringEnd(source: string, open: number): number {
  const quote = source[open];
  for (let at = open + 1; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === quote) return at + 1;
  }
  return -1;
}

/** The text of a JavaScript string literal; undefined when it is odd. */
function literal(source: string): string | undefined {
  const inner = source.slice(1, -1);
  const json = source.startsWith('"')
    ? source
    : `"${inner.replace(/\\'/gu, "'").replace(/"/gu, String.raw`\"`)}"`;
  const value = parsed(
    json.replace(/\\x([\da-f]{2})/giu, String.raw`\u00$1`).replace(/\n/gu, String.raw`\n`),
  );
  return typeof value === 'string' ? value : undefined;
}

/** String literals of a script that computes its state. */
function literals(source: string): string[] {
  const found: string[] = [];
  const quotes = /["']/gu;
  for (
    let match = quotes.exec(source);
    match !== null && found.length < 4_000;
    match = quotes.exec(source)
  ) {
    const end = stringEnd(source, match.index);
    if (end < 0) break;
    quotes.lastIndex = end;
    if (end - match.index < 30) continue;
    const value = literal(source.slice(match.index, end));
    if (value !== undefined) found.push(value);
  }
  return found;
}

/** Rows of a server component stream: `id:JSON` lines and `id:Tlength,text`. */
function streamRows(stream: string): unknown[] {
  const bytes = Buffer.from(stream, 'utf8');
  const values: unknown[] = [];
  let at = 0;
  while (at < bytes.length && values.length < 5_000) {
    const head = /^\n*[\da-f]+:(?:T([\da-f]+),)?/u.exec(bytes.toString('utf8', at, at + 40));
    if (head === null) {
      const next = bytes.indexOf(10, at);
      if (next < 0) break;
      at = next + 1;
      continue;
    }
    const start = at + Buffer.byteLength(head[0]);
    if (head[1] !== undefined) {
      const end = start + parseInt(head[1], 16);
      values.push(bytes.toString('utf8', start, end));
      at = end;
      continue;
    }
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    const value = parsed(bytes.toString('utf8', start, end).replace(/^(?:I|HL)/u, ''));
    if (value !== undefined) values.push(value);
    at = end + 1;
  }
  return values;
}

const BLOCKS =
  /^(?:p|div|h[1-6]|li|ul|ol|section|article|main|blockquote|td|th|tr|table|pre|figcaption|dt|dd|header|footer|nav|aside)$/u;
const FRAME = /^(?:nav|footer|script|style|head|button|svg)$/u;

/** Lines of text of a rendered component tree: inline pieces are joined, blocks stand alone. */
export function renderedLines(root: unknown): readonly string[] {
  const lines: string[] = [];
  let line = '';
  const flush = (): void => {
    if (line.trim() !== '') lines.push(line.trim());
    line = '';
  };
  const visit = (value: unknown, depth: number): void => {
    if (depth > 200) return;
    if (typeof value === 'string') {
      // `$L3` points at another row, `$$` escapes.
      if (!value.startsWith('$')) line += value;
      else if (value.startsWith('$$')) line += value.slice(1);
    } else if (typeof value === 'number') line += String(value);
    else if (Array.isArray(value)) {
      if (value[0] !== '$' || typeof value[1] !== 'string') {
        for (const each of value) visit(each, depth + 1);
        return;
      }
      const tag = value[1];
      if (FRAME.test(tag)) return;
      const props = value[3] as
        | {
            readonly children?: unknown;
            readonly dangerouslySetInnerHTML?: { readonly __html?: unknown };
          }
        | null
        | undefined;
      const block = BLOCKS.test(tag) || tag.startsWith('$');
      if (block) flush();
      const html = props?.dangerouslySetInnerHTML?.__html;
      if (typeof html === 'string') {
        flush();
        lines.push(html);
      }
      visit(props?.children, depth + 1);
      if (block) flush();
    }
  };
  visit(root, 0);
  flush();
  return lines;
}
