/**
 * The card that shows a quote within its passage: on hover and focus beside its mark, on a tap as a
 * sheet. It can be pointed at, closed with Escape, and stays until pointer and focus leave
 * (WCAG 2.2, 1.4.13).
 */
import { byId, element, icon, opensInBrowser, sourceLink } from './element.ts';
import type { Mark } from './answer-view.ts';
import { passageView } from './passage-view.ts';
import type { Words } from './words.ts';

const SHOW_MS = 80;
const HIDE_MS = 220;
const GAP = 8;
const CONTEXT = 260;

export class CitationPopover {
  readonly #box = element('div', {
    class: 'popover',
    id: 'popover',
    popover: 'manual',
    role: 'group',
  });
  readonly #words: () => Words;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #link: HTMLElement | null = null;

  constructor(words: () => Words) {
    this.#words = words;
    // Within the page's landmark: it is shown above everything wherever it stands.
    byId('main').append(this.#box);
    this.#box.addEventListener('pointerenter', () => {
      clearTimeout(this.#timer);
    });
    this.#box.addEventListener('pointerleave', () => {
      this.#hideSoon();
    });
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.shown) return;
      event.stopPropagation();
      this.hide();
    });
    document.addEventListener('pointerdown', ({ target }) => {
      const inside =
        target instanceof Node && (this.#box.contains(target) || this.#link?.contains(target));
      if (inside !== true) this.hide();
    });
    window.addEventListener('resize', () => {
      this.hide();
    });
    document.addEventListener(
      'scroll',
      () => {
        if (this.#link !== null) this.#place(this.#link);
      },
      { passive: true },
    );
  }

  get shown(): boolean {
    return this.#box.matches(':popover-open');
  }

  /** Makes a mark show its passage. */
  attach(link: HTMLElement, mark: Mark): void {
    let touched = false;
    link.addEventListener('pointerdown', ({ pointerType }) => {
      touched = pointerType === 'touch';
    });
    link.addEventListener('pointerenter', ({ pointerType }) => {
      if (pointerType === 'mouse') this.#after(SHOW_MS, () => this.#show(link, mark));
    });
    link.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType === 'mouse') this.#hideSoon();
    });
    link.addEventListener('focus', () => {
      this.#show(link, mark);
    });
    link.addEventListener('blur', () => {
      this.#hideSoon();
    });
    // A finger cannot hover: the first tap shows the passage, and the link in it leads on.
    link.addEventListener('click', (event) => {
      if (!touched) return;
      event.preventDefault();
      this.#show(link, mark);
    });
  }

  hide(): void {
    clearTimeout(this.#timer);
    if (this.shown) this.#box.hidePopover();
    this.#link?.classList.remove('open');
    this.#link = null;
  }

  #after(ms: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, ms);
  }

  #hideSoon(): void {
    this.#after(HIDE_MS, () => {
      this.hide();
    });
  }

  #show(link: HTMLElement, { reference, citation }: Mark): void {
    clearTimeout(this.#timer);
    this.#link?.classList.remove('open');
    const words = this.#words();
    const title = reference.title || reference.site;
    const meta = [reference.site, reference.published_at?.slice(0, 10)].filter(Boolean).join(' · ');
    const quoted = citation ?? reference.evidence?.[0] ?? null;
    const url = citation?.url ?? reference.url;
    this.#box.setAttribute('aria-label', words.source(reference.number, title));
    this.#box.replaceChildren(
      element(
        'p',
        { class: 'popover-title' },
        element('span', { class: 'number' }, String(reference.number)),
        title,
      ),
      element('p', { class: 'meta' }, meta),
      passageView(reference, quoted, CONTEXT),
      opensInBrowser(url)
        ? sourceLink(url, { class: 'onward' }, words.openAtSpot, icon('out'))
        : '',
    );
    this.#link = link;
    link.classList.add('open');
    if (!this.shown) this.#box.showPopover();
    const quote = this.#box.querySelector('mark');
    this.#box.scrollTop = quote === null ? 0 : quote.offsetTop - this.#box.clientHeight / 2;
    this.#place(link);
  }

  /** Below the mark, above it where there is no room; phones get a sheet from the style sheet. */
  #place(link: HTMLElement): void {
    if (!link.isConnected) {
      this.hide();
      return;
    }
    const mark = link.getBoundingClientRect();
    const width = this.#box.offsetWidth;
    const height = this.#box.offsetHeight;
    const left = Math.min(
      Math.max(GAP, mark.left + mark.width / 2 - width / 2),
      innerWidth - width - GAP,
    );
    const below = mark.bottom + GAP;
    const top =
      below + height > innerHeight && mark.top > height + GAP ? mark.top - height - GAP : below;
    this.#box.style.setProperty('--left', `${left}px`);
    this.#box.style.setProperty('--top', `${top}px`);
  }
}
