/**
 * Small rules for text inside a line, so that what is extracted reads as on the screen: exponents and
 * indices keep their meaning in plain text, marks of footnotes go, neighbours do not melt.
 */

const SUPER: Readonly<Record<string, string>> = {
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
  '+': '⁺',
  '-': '⁻',
  '−': '⁻',
  '–': '⁻',
  '=': '⁼',
  '(': '⁽',
  ')': '⁾',
  n: 'ⁿ',
  i: 'ⁱ',
};
const SUB: Readonly<Record<string, string>> = {
  '0': '₀',
  '1': '₁',
  '2': '₂',
  '3': '₃',
  '4': '₄',
  '5': '₅',
  '6': '₆',
  '7': '₇',
  '8': '₈',
  '9': '₉',
  '+': '₊',
  '-': '₋',
  '−': '₋',
  '=': '₌',
  '(': '₍',
  ')': '₎',
};

function mapped(text: string, table: Readonly<Record<string, string>>): string | null {
  let result = '';
  for (const char of text) {
    const other = table[char];
    if (other === undefined) return null;
    result += other;
  }
  return result;
}

/** An exponent in plain text: `²`, `^(n+1)`. */
export function exponent(text: string): string {
  return mapped(text, SUPER) ?? (text.length === 1 ? `^${text}` : `^(${text})`);
}

/** An index in plain text: `_d`, `_(max)`. */
export function index(text: string): string {
  return text.length === 1 ? `_${text}` : `_(${text})`;
}

const NOTE_CLASS =
  /(?:^|[\s_-])(?:reference|footnote\w*|fn-?ref\w*|note-?ref\w*|noteref|cite-?ref\w*|fnref\w*|endnote\w*|sidenote-?(?:number|ref))(?=$|[\s_:-])/iu;
const NOTE_TEXT =
  /^\s*[[(]?\s*(?:(?:note|nb|fn|anm\.?|註|注)\s*)?(?:\d{1,4}|[a-z]{1,2}|[ivx]{1,5}|[*†‡§¶]{1,3})(?:\s*[,–-]\s*\d{1,4})*\s*[\])]?\s*$/iu;

/**
 * Is this `sup` or `a` the mark of a footnote (`1874³`, `[3]`)? By its link into the page, its role or
 * its class, and only when it says nothing but a mark.
 */
export function isNoteMark(element: Element): boolean {
  const text = element.textContent ?? '';
  if (text.length > 24 || !NOTE_TEXT.test(text)) return false;
  if (/doc-noteref/u.test(element.getAttribute('role') ?? '')) return true;
  const named = `${element.getAttribute('class') ?? ''} ${element.getAttribute('id') ?? ''} ${element.getAttribute('rel') ?? ''}`;
  if (NOTE_CLASS.test(named)) return true;
  if (element.hasAttribute('data-footnote-ref')) return true;
  if (element.tagName !== 'SUP') return false;
  const links = element.querySelectorAll('a');
  return [...links].some((link) => {
    const href = link.getAttribute('href') ?? '';
    return (
      /#/u.test(href) ||
      NOTE_CLASS.test(link.getAttribute('class') ?? '') ||
      link.hasAttribute('data-footnote-ref')
    );
  });
}

const ORDINAL =
  /^(?:st|nd|rd|th|er|re|ère|nd|nde|e|è|ème|o|a|os|as|ter|me|mes|r|le|lle|bis|tm|sm)$/iu;

/**
 * What `sup` or `sub` reads like in plain text: `10⁶`, `m²`, `9th`, `H2O`, `x^(n+1)`.
 * @param before what stands before it on the line
 */
export function raised(element: Element, before: string): string {
  const text = (element.textContent ?? '').replace(/\s+/gu, ' ').trim();
  if (text === '') return '';
  const isSub = element.tagName === 'SUB';
  const last = before.slice(-1);
  // A fraction's halves: 3 1⁄2.
  const next = element.nextSibling?.nodeValue?.trimStart().charAt(0) ?? '';
  if (!isSub && /^\d+$/u.test(text) && /[⁄∕/]/u.test(next))
    return /\d/u.test(last) ? ` ${text}` : text;
  if (isSub && /[⁄∕/]$/u.test(before)) return text;
  if (isSub) {
    // H2O is written so in plain text too; after a digit the index would become part of the number.
    if (!/\d/u.test(last)) return text;
    return mapped(text, SUB) ?? index(text);
  }
  if (!/[\p{L}\p{N})\]}°µ]/u.test(last)) return text;
  const high = mapped(text, SUPER);
  if (high !== null) return high;
  if (ORDINAL.test(text) || !/[\p{L}\p{N}]/u.test(text)) return text;
  if (
    /^[+\-−–]?[\p{L}\p{N}+\-−–*/·.,()]{1,8}$/u.test(text) &&
    (/[\d+\-−–*/·]/u.test(text) || text.length === 1)
  )
    return exponent(text);
  // Words set high ("new", "beta") are words.
  return ` ${text}`;
}

const LINK_LIKE = new Set(['A', 'BUTTON', 'LABEL', 'TIME', 'OPTION']);

/**
 * Do two inline elements that touch in the source stand apart on the screen? Links side by side do; a
 * number and a name, or a small letter and a capitalised word, of two elements with looks of their own do too.
 */
export function standsApart(left: Element, right: Element, before: string): boolean {
  const last = before.slice(-1);
  const first = (right.textContent ?? '').trimStart().slice(0, 2);
  if (first === '' || !/[\p{L}\p{N}.!?…)%€$]/u.test(last) || !/^[\p{L}\p{N}]/u.test(first))
    return false;
  if (LINK_LIKE.has(left.tagName) && LINK_LIKE.has(right.tagName)) return true;
  const styled =
    left.hasAttribute('class') || right.hasAttribute('class') || left.tagName !== right.tagName;
  if (!styled) return false;
  return /[\p{Ll}\p{N}.!?…)%]/u.test(last) && /^\p{Lu}\p{Ll}/u.test(first);
}

const CODE_NUMBER_CLASS =
  /(?:^|[\s_-])(?:gutter|line-?n(?:o|os|um|ums|umber|umbers)|ln-num(?:bers)?|ln-n|linenodiv|linenos?|blob-num|rouge-gutter|line-numbers-rows|hljs-ln-n\w*)(?=$|[\s_-])/iu;

/** A column of line numbers beside code. */
export function isLineNumber(element: Element): boolean {
  const named = element.getAttribute('class') ?? '';
  if (named === '' || !CODE_NUMBER_CLASS.test(named)) return false;
  return /^[\d\s.:|]*$/u.test(element.textContent ?? '');
}

/** Nothing but 1, 2, 3 … one a line: the gutter of a code listing that stands in a cell of its own. */
export function countsLines(text: string): boolean {
  const numbers = text.trim().split(/\s+/u);
  const first = Number(numbers[0]);
  return Number.isInteger(first) && numbers.every((each, index) => each === String(first + index));
}

const MATH_IMAGE = /(?:^|[\s_-])(?:latex|tex|math\w*|mwe-math\S*|ee_img)(?=$|[\s_-])/iu;

/** The formula of an image that shows one, where nothing else in its parent says it. */
export function imageFormula(image: Element): string {
  const alt = image.getAttribute('alt') ?? '';
  if (alt === '' || !MATH_IMAGE.test(image.getAttribute('class') ?? '')) return '';
  let before = image.previousSibling;
  while (before?.nodeType === 3 && (before.nodeValue ?? '').trim() === '') {
    before = before.previousSibling;
  }
  if (before?.nodeType === 1) {
    const element = before as Element;
    if (element.localName === 'fn-math' || element.querySelector('fn-math') !== null) return '';
  }
  return plainTex(alt);
}

/** TeX without the wrapping that encyclopedias put around it. */
export function plainTex(tex: string): string {
  const trimmed = tex.trim();
  const inner = /^\{?\\(?:displaystyle|textstyle)\s*([^]*?)\}?$/u.exec(trimmed);
  if (inner === null) return trimmed;
  return trimmed.startsWith('{')
    ? inner[1]!.trim()
    : trimmed.replace(/^\\(?:displaystyle|textstyle)\s*/u, '');
}
