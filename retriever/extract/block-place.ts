import { classBits, groupBit } from './class-words.ts';
import { elementsUnder } from './page-elements.ts';

/** Tags whose presence above a block says something, one bit each. */
const PLACE_TAGS = [
  'ARTICLE',
  'MAIN',
  'ASIDE',
  'NAV',
  'HEADER',
  'FOOTER',
  'FORM',
  'FIGURE',
  'TABLE',
  'UL',
  'OL',
  'BLOCKQUOTE',
  'SECTION',
  'DL',
  'DETAILS',
] as const;
const TAG_BIT = new Map<string, number>(PLACE_TAGS.map((tag, index) => [tag, 1 << index]));
export const PLACE_TAG_NAMES: readonly string[] = PLACE_TAGS;

/** Where an element stands: its own class bits, those of its neighbourhood, tags above it. */
export interface Place {
  readonly depth: number;
  /** The place of the parent; null for `body`. */
  readonly above: Place | null;
  /** Class groups of the element and of the two above it. */
  readonly near: number;
  /** Class groups of the element and everything above it, `body` left out. */
  readonly any: number;
  readonly own: number;
  readonly tags: number;
  /** Tag path with first class words, for "the same kind of block". */
  readonly path: string;
}

const ROOT: Place = {
  depth: 0,
  above: null,
  near: 0,
  any: 0,
  own: 0,
  tags: 0,
  path: '',
};

/** Places of elements, computed once per element. */
export class PlaceMap {
  readonly #places = new Map<Element, Place>();
  readonly #own = new Map<Element, number>();

  of(element: Element): Place {
    const known = this.#places.get(element);
    if (known !== undefined) return known;
    const parent = element.parentElement;
    const tag = element.tagName;
    if (tag === 'BODY' || tag === 'HTML' || parent === null) {
      this.#places.set(element, ROOT);
      return ROOT;
    }
    const above = this.of(parent);
    const own = this.ownBits(element);
    const grand = parent.parentElement;
    const near = own | this.ownBits(parent) | (grand === null ? 0 : this.ownBits(grand));
    const place: Place = {
      depth: above.depth + 1,
      above,
      own,
      near,
      any: above.any | own,
      tags: above.tags | (TAG_BIT.get(tag) ?? 0),
      path: `${above.path}/${tag}.${firstClass(element)}`,
    };
    this.#places.set(element, place);
    return place;
  }

  ownBits(element: Element): number {
    const known = this.#own.get(element);
    if (known !== undefined) return known;
    const tag = element.tagName;
    const words =
      tag === 'BODY' || tag === 'HTML'
        ? ''
        : [
            element.getAttribute('class'),
            element.getAttribute('id'),
            element.getAttribute('itemprop'),
            element.getAttribute('role'),
            element.getAttribute('aria-label')?.slice(0, 40),
            element.getAttribute('data-testid') ?? element.getAttribute('data-component'),
          ]
            .filter((word) => word !== null && word !== undefined && word !== '')
            .join(' ')
            .slice(0, 300);
    const bits = words === '' ? 0 : classBits(words);
    this.#own.set(element, bits);
    return bits;
  }
}

function firstClass(element: Element): string {
  const value = element.getAttribute('class') ?? '';
  const end = value.trim().indexOf(' ');
  return (end < 0 ? value.trim() : value.trim().slice(0, end)).replace(/\d+/gu, '0').slice(0, 40);
}

const bit = groupBit;
/** Surely not the article: removed before Readability looks. */
const PRUNED =
  bit('cookie') | bit('social') | bit('signup') | bit('comment') | bit('related') | bit('advert');
const CONTENT = bit('content') | bit('body');
const PRUNED_TAGS = new Set([
  'NAV',
  'ASIDE',
  'FOOTER',
  'FORM',
  'FIGCAPTION',
  'BUTTON',
  'DIALOG',
  'NOSCRIPT',
]);

/**
 * Takes navigation, forms, captions, share bars, cookie banners, comments and the like out of the
 * tree, so that Readability does not score them. Big parts stay whatever they are called.
 * @param keepComments true on discussion pages
 */
export function prunePage(body: Element, places: PlaceMap, keepComments: boolean): void {
  const total = (body.textContent ?? '').length;
  const pruned = keepComments ? PRUNED & ~bit('comment') : PRUNED;
  for (const element of elementsUnder(body)) {
    const tag = element.tagName;
    const own = places.ownBits(element);
    const byTag = PRUNED_TAGS.has(tag);
    const byName =
      (own & pruned) !== 0 && (own & CONTENT) === 0 && tag !== 'ARTICLE' && tag !== 'MAIN';
    if (!byTag && !byName) continue;
    if (tag === 'FORM' && (element.textContent ?? '').length > total * 0.4) continue;
    if (!byTag) {
      const text = element.textContent ?? '';
      if (text.length > total * 0.3 || tag === 'A' || tag === 'SPAN' || tag === 'P') continue;
    }
    element.remove();
  }
}
