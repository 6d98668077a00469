/** Makes elements. Text only ever becomes text nodes: nothing from a page is read as markup. */

type Child = Node | string | null;

const NO_MARKUP = /^(?:on|style$|srcdoc$)/u;

/** An element with attributes (`null` and `false` leave one out) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | boolean | null>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false || NO_MARKUP.test(name)) continue;
    made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** One of the icons of `page.html`, hidden from screen readers. */
export function icon(name: string): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** The element of `page.html` with this id. */
export function byId(id: string): HTMLElement;
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E;
export function byId(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`page.html lacks #${id}`);
  return found;
}

/** Whether an address is of the web: a page must not link to `javascript:` and cannot to `file:`. */
export function opensInBrowser(url: string): boolean {
  return /^https?:\/\//iu.test(url);
}

/** A link to a source in a new tab; anything but http(s) stays text. */
export function sourceLink(
  url: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElement {
  if (!opensInBrowser(url)) return element('span', attributes, ...children);
  return element(
    'a',
    { ...attributes, href: url, target: '_blank', rel: 'noopener noreferrer' },
    ...children,
  );
}
