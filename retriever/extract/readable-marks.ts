import { Readability } from '@mozilla/readability';
import { MARK, type Block } from './page-blocks.ts';
import { elementsUnder } from './page-elements.ts';

/** With less text than this Readability begins anew from the page's source, up to four times. */
const ENOUGH_CHARS = 300;
/** On a page with more elements it does not: each time costs as much again. */
const RETRIED_ELEMENTS = 6_000;

/** Methods of Readability that say the same as its own in less time: one walk, no style object. */
const QUICKER = {
  _getAllNodesWithTag: (node: Element | Document, tags: readonly string[]): Element[] => {
    const wanted = new Set(tags.map((tag) => tag.toUpperCase()));
    const root = 'documentElement' in node ? node.documentElement : node;
    const below = elementsUnder(root).filter(({ tagName }) => wanted.has(tagName));
    return root !== node && wanted.has(root.tagName) ? [root, ...below] : below;
  },
  _isProbablyVisible: (node: HTMLElement): boolean =>
    (!node.hasAttribute('style') ||
      (node.style.display !== 'none' && node.style.visibility !== 'hidden')) &&
    !node.hasAttribute('hidden') &&
    (node.getAttribute('aria-hidden') !== 'true' || node.className.includes('fallback-image')),
};

/**
 * Runs Readability on the (pruned, marked) document, which it destroys, and tells which share of each
 * block's text it kept, 0..1. Blocks are found again by the `MARK` numbers on their elements, which
 * survive Readability's renaming and re-parsing.
 */
export function readableShare(document: Document, blocks: readonly Block[]): readonly number[] {
  const kept = new Set<number>();
  const elements = elementsUnder(document.documentElement);
  markTextOfDivs(document, elements);
  if (elements.length > RETRIED_ELEMENTS) forbidRetry(document.body);
  try {
    const readability = new Readability<Node>(document, {
      serializer: (node) => node,
      disableJSONLD: true,
      charThreshold: ENOUGH_CHARS,
      keepClasses: true,
    });
    Object.assign(readability, QUICKER);
    // Nobody follows the links of what it returns; making them absolute took a twentieth of the extraction
    // (measured). Links that are scripts it takes apart, their marks with them: then it goes its own way.
    if (!elements.some(isScriptLink)) {
      Object.assign(readability, { _fixRelativeUris: (): void => undefined });
    }
    const article = readability.parse();
    const root = article?.content as Element | null | undefined;
    for (const element of root === null || root === undefined ? [] : elementsUnder(root)) {
      const mark = element.getAttribute(MARK);
      if (mark !== null) kept.add(Number(mark));
    }
  } catch {
    // Readability throws on some odd trees; the blocks are then judged without it.
  }
  return blocks.map((block) => {
    let total = 0;
    let found = 0;
    for (const [mark, size] of block.marks) {
      total += size;
      if (kept.has(mark)) found += size;
    }
    return total === 0 ? 0 : found / total;
  });
}

function isScriptLink(element: Element): boolean {
  return (
    element.tagName === 'A' && element.getAttribute('href')?.startsWith('javascript:') === true
  );
}

/** Readability restores the body's source before it tries again; where it cannot, it gives up. */
function forbidRetry(body: Element): void {
  Object.defineProperty(body, 'innerHTML', {
    get: () => '',
    set: () => {
      throw new Error('too large to be tried again');
    },
  });
}

/**
 * Text that stands right in a `div` gets a marked `span` around it: Readability puts a bare `p` in the
 * place of such a `div`, and the mark would go with it.
 */
function markTextOfDivs(document: Document, elements: readonly Element[]): void {
  for (const element of elements) {
    const mark = element.tagName === 'DIV' ? element.getAttribute(MARK) : null;
    if (mark === null) continue;
    for (const node of Array.from(element.childNodes)) {
      if (node.nodeType !== 3 || (node.nodeValue ?? '').trim() === '') continue;
      const span = document.createElement('span');
      span.setAttribute(MARK, mark);
      node.replaceWith(span);
      span.append(node);
    }
  }
}
