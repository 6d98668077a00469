/**
 * Takes out of a page what its reader does not see: text moved off the screen, of no size, transparent,
 * in the colour of its ground, `display: none`, tooltips, lines for screen readers. By attributes, by the
 * page's own style sheets and by class names of common frameworks. Folded answers, tabs and `details`
 * are content and stay; so does a page that hides everything until its script has run.
 */
import { elementsUnder } from './page-elements.ts';
import { isFolded } from './folded-panel.ts';
import { parseDeclarations, type StyleRule, type StyleSheet } from './style-sheet.ts';
import { hidingCause, mayHide, sameColour, type HidingCause } from './hiding-styles.ts';

/** For screen readers only, by the names that frameworks give. */
const UNSEEN_CLASS =
  /(?:^|\s)(?:sr-only|sr-text|screen-?reader(?:-(?:text|only))?|(?:u-|is-)?visually-?hidden|element-invisible|assistive-text|off-?screen|a11y-hidden)(?=$|\s)/iu;
const NOT_SHOWN_CLASS = /(?:^|\s)(?:d-none|hidden|is-hidden|hide|invisible)(?=$|\s)/iu;
/** `hidden md:block`: hidden on a narrow screen only. */
const SHOWN_WHEN_WIDE = /(?:^|\s)(?:(?:xs|sm|md|lg|xl|2xl):\S|d-(?:sm|md|lg|xl|xxl)-)/iu;
const TOOLTIP_CLASS =
  /(?:^|[\s_-])(?:tooltip[-_]{0,2}(?:text|content|inner|body|box|bubble|popup)|tooltiptext|hover-?card|popover[-_]{0,2}(?:body|content|text))(?=$|[\s_-])/iu;
const REVEALED_CLASS =
  /(?:^|[\s_-])(?:wow|aos|fade|anim\w*|reveal\w*|lazy\w*|scroll\w*|appear\w*)(?=$|[\s_-])/iu;
const EMBEDDED = new Set(['IMG', 'PICTURE', 'VIDEO', 'AUDIO', 'INPUT', 'BR', 'HR']);
/** An `aria-hidden` part with more of the page's text than this lies behind an open dialog. */
const ARIA_SHARE = 0.35;

export interface HidingContext {
  readonly sheet: StyleSheet;
  /** True when the page links style sheets that were not read: colours of the ground are then unknown. */
  readonly otherSheets: boolean;
}

/** Removes hidden elements below `body`; formulas inside them stay. */
export function removeHidden(body: Element, context: HidingContext): void {
  const found: { readonly element: Element; readonly cause: HidingCause }[] = [];
  const gone = new Set<Element>();
  let pageChars = -1;
  for (const element of elementsUnder(body)) {
    if (element.parentElement !== null && gone.has(element.parentElement)) {
      gone.add(element);
      continue;
    }
    if (EMBEDDED.has(element.tagName)) continue;
    let cause = causeOf(element, context);
    if (cause === 'aria') {
      if (pageChars < 0) pageChars = (body.textContent ?? '').length;
      const own = (element.textContent ?? '').length;
      const glyphs =
        element.closest('.katex') !== null &&
        element.closest('.katex')?.querySelector('fn-math') === null;
      if (own > pageChars * ARIA_SHARE || glyphs) cause = null;
    }
    if (cause === null) continue;
    if (cause !== 'trick' && isFolded(element, body)) {
      // One click shows it: nothing downstream needs to know.
      for (const name of ['hidden', 'aria-hidden', 'style']) element.removeAttribute(name);
      continue;
    }
    gone.add(element);
    found.push({ element, cause });
  }
  if (found.length === 0) return;
  const places = found.map(({ element }) => {
    const place = element.ownerDocument.createTextNode('');
    element.replaceWith(place);
    return place;
  });
  // Some pages hide everything until a script shows it.
  const revealed =
    found.some(
      ({ element, cause }) => cause !== 'trick' && (element.textContent ?? '').length > 80,
    ) && !saysSomething(body);
  found.forEach(({ element, cause }, index) => {
    if (revealed && cause !== 'trick') places[index]!.replaceWith(element);
    else for (const formula of element.querySelectorAll('fn-math')) places[index]!.before(formula);
  });
}

const ABOUT_THE_PAGE = /javascript|cookie|browser|loading|enable|captcha|consent/iu;
const FRAME_TAGS = new Set(['NAV', 'HEADER', 'FOOTER', 'FORM', 'NOSCRIPT', 'BUTTON', 'ASIDE']);

/** Is there one sentence (or a table, or code) outside of menus and footers? */
function saysSomething(body: Element): boolean {
  const parts: string[] = [];
  const visit = (element: Element): void => {
    for (let node = element.firstChild; node !== null; node = node.nextSibling) {
      if (node.nodeType === 3) parts.push(node.nodeValue ?? '');
      else if (node.nodeType === 1 && !FRAME_TAGS.has((node as Element).tagName)) {
        visit(node as Element);
        parts.push(' ');
      }
    }
  };
  visit(body);
  const text = parts.join('').replace(/\s+/gu, ' ');
  for (const [sentence] of text.matchAll(/[^.!?。！？]{4,}[.!?。！？]/gu)) {
    const long =
      (sentence.match(/[\p{L}\p{N}]+/gu)?.length ?? 0) >= 4 ||
      (sentence.match(
        /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/gu,
      )?.length ?? 0) >= 8;
    if (long && !ABOUT_THE_PAGE.test(sentence)) return true;
  }
  return body.querySelector('td, pre') !== null;
}

function causeOf(element: Element, context: HidingContext): HidingCause | null {
  const classes = element.getAttribute('class') ?? '';
  if (element.getAttribute('role') === 'tooltip') return 'trick';
  if (classes !== '') {
    if (UNSEEN_CLASS.test(classes)) return 'trick';
    if (TOOLTIP_CLASS.test(classes)) return 'trick';
    if (NOT_SHOWN_CLASS.test(classes) && !SHOWN_WHEN_WIDE.test(classes)) return 'script';
  }
  const hidden = element.getAttribute('hidden');
  if (hidden !== null && hidden !== 'until-found') return 'script';
  const styled = causeByStyle(element, classes, context);
  if (styled !== null) return styled;
  return element.getAttribute('aria-hidden') === 'true' ? 'aria' : null;
}

function causeByStyle(
  element: Element,
  classes: string,
  context: HidingContext,
): HidingCause | null {
  const style = element.getAttribute('style') ?? '';
  const rules = rulesFor(element, classes, context.sheet);
  const fontColour = element.tagName === 'FONT' ? element.getAttribute('color') : null;
  if (
    style === '' &&
    fontColour === null &&
    !rules.some((rule) => mayHide(rule.declarations, context.sheet.ground))
  )
    return null;
  const declarations = cascade(element, rules, style);
  if (fontColour !== null && !declarations.has('color')) declarations.set('color', fontColour);
  const cause = hidingCause(declarations, () => groundOf(element, declarations, context));
  return cause === 'fade' ? (REVEALED_CLASS.test(classes) ? null : 'script') : cause;
}

function rulesFor(element: Element, classes: string, { rules }: StyleSheet): readonly StyleRule[] {
  if (rules.size === 0) return [];
  const found: StyleRule[] = [];
  const take = (key: string): void => {
    const known = rules.get(key);
    if (known !== undefined) found.push(...known);
  };
  take(element.localName);
  const id = element.getAttribute('id');
  if (id !== null && id !== '') take(`#${id}`);
  if (classes !== '') for (const name of classes.split(/\s+/u)) if (name !== '') take(`.${name}`);
  return found;
}

/** The declarations that hold for an element: rules by weight, then its own style. */
function cascade(
  element: Element,
  rules: readonly StyleRule[],
  style: string,
): Map<string, string> {
  const result = new Map<string, string>();
  const firm = new Set<string>();
  const matching = rules
    .filter((rule) => isMatch(element, rule.selector))
    .toSorted((a, b) => a.specificity - b.specificity || a.order - b.order);
  for (const { declarations, important } of matching) {
    for (const [property, value] of declarations) {
      if (important.has(property)) firm.add(property);
      else if (firm.has(property)) continue;
      result.set(property, value);
    }
  }
  for (const [property, value] of parseDeclarations(style)) {
    const plain = value.replace(/\s*!\s*important\s*$/iu, '');
    if (firm.has(property) && plain === value) continue;
    result.set(property, plain);
  }
  return result;
}

function isMatch(element: Element, selector: string): boolean {
  try {
    return element.matches(selector);
  } catch {
    return false;
  }
}

/** The background behind an element's text, as written; null when it cannot be told. */
function groundOf(
  element: Element,
  own: ReadonlyMap<string, string>,
  context: HidingContext,
): string | null {
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const classes = at.getAttribute('class') ?? '';
    const declared =
      at === element
        ? own
        : cascade(at, rulesFor(at, classes, context.sheet), at.getAttribute('style') ?? '');
    if (declared.has('background-image')) return null;
    const background =
      declared.get('background-color') ?? declared.get('background') ?? at.getAttribute('bgcolor');
    if (background !== undefined && background !== null) {
      if (/url\(|gradient|var\(/iu.test(background)) return null;
      if (
        !sameColour(background, 'transparent') &&
        !/^(?:none|inherit|initial|unset)/iu.test(background)
      ) {
        return background;
      }
    }
    if (at.tagName === 'BODY') break;
  }
  const { ground } = context.sheet;
  if (ground !== null) return /url\(|gradient|var\(/iu.test(ground) ? null : ground;
  return context.otherSheets ? null : 'white';
}
