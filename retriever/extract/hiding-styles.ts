/** Which style declarations keep text from a reader's eyes. */
import type { Declarations } from './style-sheet.ts';

/**
 * `script`: a script may show it again (`display: none`); `fade`: as often an animation's first frame as a
 * hiding place; `aria`: hidden from screen readers only; `trick`: nobody ever sees it.
 */
export type HidingCause = 'script' | 'aria' | 'trick';
type StyledCause = HidingCause | 'fade';

/** A length in CSS pixels; null for percentages, keywords and functions. */
function pixels(value: string | undefined): number | null {
  const match = /^\s*(-?(?:\d+\.?\d*|\.\d+))\s*(px|em|rem|pt|vw|vh|%)?\s*$/iu.exec(value ?? '');
  if (match === null) return null;
  const amount = Number(match[1]);
  switch ((match[2] ?? 'px').toLowerCase()) {
    case 'em':
    case 'rem':
      return amount * 16;
    case 'pt':
      return (amount * 4) / 3;
    case 'vw':
    case 'vh':
      return amount * 10;
    case '%':
      // Wholly out of its parent; less may be a layout.
      return amount <= -100 ? -1_000 : amount === 0 ? 0 : null;
    default:
      return amount;
  }
}

const FAR = -400;
const SIDES = ['left', 'right', 'top', 'bottom', 'margin-left', 'margin-top'] as const;

function isOffScreen(style: Declarations): boolean {
  const indent = pixels(style.get('text-indent'));
  if (indent !== null && indent <= FAR) return true;
  if (/translate\w*\(\s*-\d{3,}(?:px|%|r?em|vw)/iu.test(style.get('transform') ?? '')) return true;
  const out = SIDES.some((side) => (pixels(style.get(side)) ?? 0) <= FAR);
  if (!out) return false;
  return (
    /absolute|fixed/iu.test(style.get('position') ?? '') ||
    (pixels(style.get('margin-left')) ?? 0) <= FAR ||
    (pixels(style.get('margin-top')) ?? 0) <= FAR
  );
}

function isClipped(style: Declarations): boolean {
  const clip = style.get('clip') ?? '';
  if (
    /rect\(\s*(?:0|1px)(?:px)?[\s,]+(?:0|1px)(?:px)?[\s,]+(?:0|1px)(?:px)?[\s,]+(?:0|1px)/iu.test(
      clip,
    )
  )
    return true;
  const path = style.get('clip-path') ?? '';
  if (
    /inset\(\s*(?:50|100)%|circle\(\s*0|polygon\(\s*(?:0(?:px|%)?[\s,]+)+0(?:px|%)?\s*\)/iu.test(
      path,
    )
  )
    return true;
  return (
    style.has('overflow') &&
    /hidden|clip/iu.test(style.get('overflow') ?? '') &&
    isTiny(style.get('width')) &&
    isTiny(style.get('height'))
  );
}

function isTiny(value: string | undefined): boolean {
  const size = pixels(value);
  return size !== null && size >= 0 && size <= 1;
}

/**
 * Could these declarations hide text on their own? Cheap, for choosing which elements to look at.
 * @param ground the page's ground, as written; null: unknown
 */
export function mayHide(style: Declarations, ground: string | null): boolean {
  if (hidingCause(style, () => null) !== null) return true;
  const colour = style.get('color');
  if (colour === undefined) return false;
  const own = style.get('background-color') ?? style.get('background') ?? ground ?? 'white';
  return sameColour(colour, own) || sameColour(colour, 'white');
}

/**
 * @param ground the background behind the text, asked only where a colour is declared
 * @returns why a reader does not see the text; null when it is seen
 */
export function hidingCause(style: Declarations, ground: () => string | null): StyledCause | null {
  if (/^none\b/iu.test(style.get('display') ?? '')) return 'script';
  const size = pixels(
    style.get('font-size') ?? /(?:^|\s)(\d*\.?\d+(?:px|pt|em))/u.exec(style.get('font') ?? '')?.[1],
  );
  if (size !== null && size >= 0 && size <= 1.5) return 'trick';
  if (isOffScreen(style) || isClipped(style)) return 'trick';
  const transform = style.get('transform') ?? '';
  if (/scale\w*\(\s*0(?:\.0+)?\s*[,)]/iu.test(transform)) return 'trick';
  const moves =
    transform !== '' ||
    style.has('animation') ||
    style.has('animation-name') ||
    style.has('transition');
  if (/^(?:0?\.0\d*|0)%?$/u.test(style.get('opacity') ?? '')) return moves ? null : 'fade';
  if (/^(?:hidden|collapse)\b/iu.test(style.get('visibility') ?? '')) return 'fade';
  const low = isTiny(style.get('max-height')) || isTiny(style.get('height'));
  if (low && /hidden|clip/iu.test(style.get('overflow') ?? '')) return 'script';
  const colour = style.get('color');
  if (colour === undefined) return null;
  const clipsToText = /text/iu.test(
    style.get('background-clip') ?? style.get('-webkit-background-clip') ?? '',
  );
  if (clipsToText) return null;
  if (sameColour(colour, 'transparent')) return 'trick';
  const behind = colourOf(colour) === null ? null : ground();
  return behind !== null && sameColour(colour, behind) ? 'trick' : null;
}

const NAMES: Readonly<Record<string, string>> = {
  white: '255,255,255',
  snow: '255,250,250',
  ivory: '255,255,240',
  whitesmoke: '245,245,245',
  black: '0,0,0',
  transparent: 'none',
};

/** `r,g,b`, `none` for no colour at all, null when it is not understood. */
function colourOf(value: string): string | null {
  const text = value.trim().toLowerCase();
  const word = text.split(/[\s,]+/u)[0] ?? '';
  if (NAMES[word] !== undefined) return NAMES[word];
  const hex = /^#?([\da-f]{3,8})\b/u.exec(word)?.[1];
  if (hex !== undefined && [3, 4, 6, 8].includes(hex.length)) {
    const full = hex.length < 6 ? hex.replace(/./gu, '$&$&') : hex;
    if (full.length === 8 && full.endsWith('00')) return 'none';
    return [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16)).join(',');
  }
  const numbers = /^rgba?\(([^)]*)\)/u
    .exec(text)?.[1]
    ?.split(/[\s,/]+/u)
    .filter((part) => part !== '');
  if (numbers !== undefined && numbers.length >= 3) {
    if (numbers.length > 3 && Number.parseFloat(numbers[3]!) === 0) return 'none';
    return numbers
      .slice(0, 3)
      .map((part) => Math.round(part.endsWith('%') ? Number.parseFloat(part) * 2.55 : Number(part)))
      .join(',');
  }
  return /^[a-z]+$/u.test(word) &&
    word.length < 24 &&
    !/^(?:inherit|initial|unset|revert|currentcolor|var|none)$/u.test(word)
    ? word
    : null;
}

/** Are two colours the same to the eye? */
export function sameColour(a: string, b: string): boolean {
  const [first, second] = [colourOf(a), colourOf(b)];
  if (first === null || second === null) return false;
  if (first === second) return true;
  const [left, right] = [first, second].map((each) => each.split(',').map(Number));
  if (left?.length !== 3 || right?.length !== 3) return false;
  return left.every((part, index) => Math.abs(part - (right[index] ?? 999)) <= 8);
}
