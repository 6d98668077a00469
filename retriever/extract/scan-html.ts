/**
 * One linear pass over a page before any DOM parser sees it. It bounds what the parsers get (size,
 * tags, depth, attributes), drops what holds no text (scripts, styles, comments, SVG), keeps the
 * JSON of `application/ld+json` and `__NEXT_DATA__` aside, and wraps what stands after `</html>` or
 * lacks `<html>`. 200k nested tags or 10 million attributes hang or overflow every DOM library.
 */

import { plainTex } from './inline-text.ts';
import { mathText } from './math-text.ts';
import { holdsState } from './script-text.ts';
import { withoutUnread } from './unread-attributes.ts';

export interface HtmlScan {
  /** Safe to parse: one `<html>`, bounded depth, tags, attributes. Without meta, link and base. */
  readonly html: string;
  /** The page's `<title>`, meta, link and base tags, wherever they stood. */
  readonly head: string;
  /** Source of each JSON-LD script, in order. */
  readonly linkedData: readonly string[];
  /** Source of JSON state scripts (`__NEXT_DATA__`, `application/json`), in order. */
  readonly stateJson: readonly string[];
  /** Inline scripts that may hold text: `__INITIAL_STATE__ = {…}`, streamed components. */
  readonly stateScripts: readonly string[];
  /** Sources of the page's own style sheets, in order. */
  readonly styles: readonly string[];
  /** True when a cap cut something off. */
  readonly cut: boolean;
}

const MAX_CHARS = 3_000_000;
/** Readability's time and memory grow with these: 16,000 stay within 2 s and 300 MB. */
const MAX_TAGS = 16_000;
/** linkedom makes a text node of each. */
const MAX_ENTITIES = 40_000;
const MAX_DEPTH = 250;
const MAX_TAG_CHARS = 4_000;
const MAX_ATTRIBUTES = 120_000;
const MAX_JSON_CHARS = 2_000_000;

const RAW_TEXT = new Set([
  'script',
  'style',
  'svg',
  'noframes',
  'xmp',
  'iframe',
  'template',
  'object',
  'canvas',
  'math',
  'textarea',
  'select',
  'title',
]);
const DROPPED = new Set([
  'script',
  'style',
  'svg',
  'noframes',
  'iframe',
  'template',
  'object',
  'canvas',
  'textarea',
  'select',
]);
const VOID = new Set([
  'area',
  'base',
  'br',
  'col',
  'embed',
  'hr',
  'img',
  'input',
  'link',
  'meta',
  'param',
  'source',
  'track',
  'wbr',
]);
const CELLS = ['td', 'th'];
const ROWS = [...CELLS, 'tr'];
const P = ['p'];
/** An opening tag closes these when they stand open right above it, as htmlparser2 has it. */
const IMPLIES_CLOSE = new Map<string, readonly string[]>([
  ['li', ['li', 'p']],
  ['td', [...CELLS, 'p']],
  ['th', [...CELLS, 'p']],
  ['tr', ROWS],
  ['tbody', [...ROWS, 'thead', 'tbody']],
  ['tfoot', [...ROWS, 'thead', 'tbody']],
  ['dt', ['dt', 'dd', 'p']],
  ['dd', ['dt', 'dd', 'p']],
  ['option', ['option']],
  ['rt', ['rt', 'rp']],
  ['rp', ['rt', 'rp']],
  ...'p div ul ol dl table h1 h2 h3 h4 h5 h6 pre blockquote section article aside header footer nav main form figure hr address fieldset details'
    .split(' ')
    .map((name) => [name, P] as const),
]);
const HEAD_TAGS = new Set(['meta', 'link', 'base']);
const SKELETON = new Set(['html', 'body', 'head']);

const SHADOW_ROOT = /\sshadowroot(?:mode)?\s*=\s*["']?(?:open|closed)/iu;
const TEX_SCRIPT = /type\s*=\s*["']?math\/tex/iu;

/** A formula as an element of its own: it stays where what hides it goes. */
function formula(text: string, from: 'mathml' | 'script'): string {
  return text === ''
    ? ' '
    : `<fn-math from="${from}">${text.replace(/&(?!#?\w+;)/gu, '&amp;').replace(/</gu, '&lt;')}</fn-math>`;
}

/** `<div/>` and `<a title="x"/>`, but not `<a href=http://example.org/>`. */
const SELF_CLOSED = /(?:["'\s]|^<[\w:-]+)\/>$/u;
const TAG_NAME = /[a-zA-Z][^\t\n\f\r />]*/uy;

const MAX_VALUE_CHARS = 100_000;

/** Finds tags' ends, quotes respected, in time linear in the page however many quotes never close. */
class TagEnds {
  readonly #html: string;
  /** Attribute values that ran on too long; after a few, quotes are no longer believed. */
  #runaways = 0;

  constructor(html: string) {
    this.#html = html;
  }

  /** Index after the `>` of the tag whose name ends at `from`; -1 when it never ends. */
  after(from: number): number {
    const plain = this.#html.indexOf('>', from);
    if (plain < 0 || this.#runaways > 20) return plain < 0 ? -1 : plain + 1;
    let end = plain;
    let position = from;
    for (;;) {
      const quoted = this.#quoteBefore(position, end);
      if (quoted < 0) return end + 1;
      const close = this.#html.indexOf(this.#html[quoted] ?? '', quoted + 1);
      if (close < 0 || close - quoted > MAX_VALUE_CHARS) {
        this.#runaways += 1;
        return plain + 1;
      }
      position = close + 1;
      if (close > end) {
        end = this.#html.indexOf('>', close);
        if (end < 0) return plain + 1;
      }
    }
  }

  /** Where a quoted value opens (a quote right after `=`) before `end`, or -1. */
  #quoteBefore(from: number, end: number): number {
    const part = this.#html.slice(from, Math.min(end, from + MAX_VALUE_CHARS));
    const match = QUOTED.exec(part);
    return match === null ? -1 : from + match.index + match[0].length - 1;
  }
}

const QUOTED = /=\s{0,20}["']/u;

const KEPT_ATTRIBUTES =
  /[\s"'](style|aria-hidden|class|id|href|role|itemprop|hidden|name|property|content|lang|datetime)\s*=\s*("[^"]{0,300}"|'[^']{0,300}'|[^\s"'>]{1,300})/giu;

/** A huge tag, reduced to the few attributes that extraction reads. */
function shrinkTag(name: string, source: string): string {
  const kept = [...source.slice(0, MAX_TAG_CHARS).matchAll(KEPT_ATTRIBUTES)].map(
    (match) => ` ${match[1]}=${match[2]}`,
  );
  return `<${name}${kept.join('')}>`;
}

class DepthStack {
  readonly #stack: string[] = [];
  readonly #open = new Map<string, number>();

  get top(): string {
    return this.#stack[this.#stack.length - 1] ?? '';
  }

  get depth(): number {
    return this.#stack.length;
  }

  push(name: string): void {
    this.#stack.push(name);
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
  }

  /** Closes the nearest `name` and all it holds; false when none is open. */
  pop(name: string): boolean {
    if ((this.#open.get(name) ?? 0) === 0) return false;
    for (;;) {
      const top = this.#stack.pop();
      if (top === undefined) return true;
      this.#open.set(top, (this.#open.get(top) ?? 1) - 1);
      if (top === name) return true;
    }
  }
}

/** Index of `</name` at or after `from`, case-insensitive; -1 when missing. */
function closeOf(html: string, name: string, from: number): number {
  let position = from;
  for (;;) {
    position = html.indexOf('</', position);
    if (position < 0) return -1;
    if (html.slice(position + 2, position + 2 + name.length).toLowerCase() === name)
      return position;
    position += 2;
  }
}

/**
 * Scans a page; linear in its length (3 MB take tens of ms).
 * @param source the decoded page; what exceeds 3 million characters is cut off
 */
export function scanHtml(source: string): HtmlScan {
  const html = source.length > MAX_CHARS ? source.slice(0, MAX_CHARS) : source;
  let cut = source.length > MAX_CHARS;
  const out: string[] = [];
  const linkedData: string[] = [];
  const stateJson: string[] = [];
  const stateScripts: string[] = [];
  const styles: string[] = [];
  const stack = new DepthStack();
  const ends = new TagEnds(html);
  const missingClose = new Set<string>();
  let tags = 0;
  let attributes = 0;
  let entities = 0;
  let jsonChars = 0;
  let position = 0;
  let htmlAttributes = '';
  let bodyAttributes = '';
  let title = '';
  const head: string[] = [];

  const keepJson = (tag: string, content: string): void => {
    if (jsonChars + content.length > MAX_JSON_CHARS) return;
    if (/type\s*=\s*["']?application\/ld\+json/iu.test(tag)) linkedData.push(content);
    else if (/type\s*=\s*["']?application\/json|__NEXT_DATA__/iu.test(tag)) stateJson.push(content);
    else if (!/\ssrc\s*=/iu.test(tag) && holdsState(content)) stateScripts.push(content);
    else return;
    jsonChars += content.length;
  };

  const pushText = (text: string): void => {
    if (text.includes('&')) entities += text.split('&').length - 1;
    out.push(entities > MAX_ENTITIES ? text.replace(/&#?\w{0,40};?/gu, ' ') : text);
  };

  while (position < html.length) {
    const open = html.indexOf('<', position);
    if (open !== position) pushText(html.slice(position, open < 0 ? html.length : open));
    if (open < 0) break;
    const next = html[open + 1] ?? '';
    if (next === '!' || next === '?') {
      const comment = html.startsWith('<!--', open);
      const closer = comment ? '-->' : '>';
      const end = missingClose.has(closer) ? -1 : html.indexOf(closer, open + 2);
      if (end < 0) missingClose.add(closer);
      if (html.startsWith('<![CDATA[', open)) out.push(' ');
      // An unclosed comment swallows the rest in a browser; a reader would rather have the text.
      position = end < 0 ? open + (comment ? 4 : 2) : end + (comment ? 3 : 1);
      continue;
    }
    const closing = next === '/';
    TAG_NAME.lastIndex = open + (closing ? 2 : 1);
    const match = TAG_NAME.exec(html);
    if (match === null) {
      if (closing) {
        const end = html.indexOf('>', open);
        position = end < 0 ? html.length : end + 1;
      } else {
        pushText('&lt;');
        position = open + 1;
      }
      continue;
    }
    const name = match[0].length > 40 ? 'span' : match[0].toLowerCase();
    const end = ends.after(TAG_NAME.lastIndex);
    if (end < 0) break;
    position = end;
    if (closing) {
      if (SKELETON.has(name)) continue;
      if (stack.pop(name)) out.push(name === 'template' ? '</div>' : `</${name}>`);
      continue;
    }
    const tag = html.slice(open, end);
    if (SKELETON.has(name)) {
      if (tag.length < MAX_TAG_CHARS) {
        if (name === 'html') htmlAttributes ||= tag.slice(5, -1);
        if (name === 'body') bodyAttributes ||= tag.slice(5, -1);
      }
      continue;
    }
    tags += 1;
    if (tags > MAX_TAGS) {
      cut = true;
      break;
    }
    if (HEAD_TAGS.has(name)) {
      if (head.length < 2_000) head.push(tag);
      continue;
    }
    if (name === 'template' && stack.depth < MAX_DEPTH && SHADOW_ROOT.test(tag)) {
      // Its content is shown; browsers attach it to the element around.
      stack.push(name);
      out.push('<div>');
      continue;
    }
    if (RAW_TEXT.has(name) && !SELF_CLOSED.test(tag)) {
      const close = missingClose.has(name) ? -1 : closeOf(html, name, end);
      if (close < 0) missingClose.add(name);
      else {
        const content = html.slice(end, close);
        const closeEnd = html.indexOf('>', close);
        position = closeEnd < 0 ? html.length : closeEnd + 1;
        if (name === 'script') {
          if (TEX_SCRIPT.test(tag)) out.push(formula(plainTex(content), 'script'));
          else keepJson(tag, content);
        } else if (name === 'style') {
          if (!/media\s*=\s*["']?print/iu.test(tag)) styles.push(content);
        } else if (name === 'title') title ||= content.slice(0, 2_000);
        else if (name === 'math') out.push(formula(mathText(tag, content), 'mathml'));
        else if (name === 'xmp') out.push('<pre>', content.replace(/</gu, '&lt;'), '</pre>');
        if (!DROPPED.has(name)) continue;
        out.push(' ');
        continue;
      }
      if (DROPPED.has(name)) continue;
    }
    const isVoid = VOID.has(name) || SELF_CLOSED.test(tag);
    if (!isVoid) {
      const implied = IMPLIES_CLOSE.get(name);
      // Written out, so that every parser agrees on the depth.
      while (implied?.includes(stack.top) === true) {
        out.push(`</${stack.top}>`);
        stack.pop(stack.top);
      }
      if (stack.depth >= MAX_DEPTH) {
        cut = true;
        out.push(' ');
        continue;
      }
      stack.push(name);
    }
    if (tag.length > MAX_TAG_CHARS || attributes > MAX_ATTRIBUTES) {
      cut ||= tag.length > MAX_TAG_CHARS;
      out.push(shrinkTag(name, tag));
    } else {
      if (tag.length > 100) attributes += tag.split(/\s/u, 200).length;
      else if (tag.length > name.length + 2) attributes += 3;
      const kept = withoutUnread(name, tag);
      out.push(isVoid && !VOID.has(name) ? `${kept.slice(0, -2)}></${name}>` : kept);
    }
  }
  const titleTag = `<title>${title.replace(/</gu, '&lt;')}</title>`;
  return {
    html: `<!DOCTYPE html><html${htmlAttributes}><head>${titleTag}</head><body${bodyAttributes}>${out.join('')}</body></html>`,
    head: `${titleTag}${head.join('')}`,
    linkedData,
    stateJson,
    stateScripts,
    styles,
    cut,
  };
}
