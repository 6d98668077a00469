/** A quotation within its passage: as much context as can be read at a glance, the quote marked. */
import type { AnswerReference } from '../core/nouns.ts';
import { element } from './element.ts';

export interface Quoted {
  readonly start: number;
  readonly end: number;
}

/** The passage around a quote; offsets are UTF-16 code units of the reference's text. */
export function passageView(
  reference: AnswerReference,
  quoted: Quoted | null,
  context: number,
): HTMLElement {
  const { text } = reference;
  if (quoted === null) {
    const end = wordEdge(text, Math.min(text.length, context * 2), 1);
    return element(
      'p',
      { class: 'passage' },
      lines(text.slice(0, end)),
      end < text.length ? ' …' : null,
    );
  }
  // The quote's own block says most; a block or two around it is read only where it is short.
  const before = lastBlock(
    text.slice(wordEdge(text, Math.max(0, quoted.start - context), -1), quoted.start),
  );
  const after = firstBlock(
    text.slice(quoted.end, wordEdge(text, Math.min(text.length, quoted.end + context), 1)),
  );
  const from = quoted.start - before.length;
  const to = quoted.end + after.length;
  return element(
    'p',
    { class: 'passage' },
    from > 0 ? '… ' : null,
    lines(before).trimStart(),
    element('mark', {}, lines(text.slice(quoted.start, quoted.end))),
    lines(after).trimEnd(),
    to < text.length ? ' …' : null,
  );
}

const SHORT_BLOCK = 40;

function lastBlock(text: string): string {
  const cut = text.lastIndexOf('\n\n', text.length - SHORT_BLOCK);
  return cut < 0 ? text : text.slice(cut + 2);
}

function firstBlock(text: string): string {
  const cut = text.indexOf('\n\n', SHORT_BLOCK);
  return cut < 0 ? text : text.slice(0, cut);
}

/** Blank lines take too much room in a card. */
function lines(text: string): string {
  return text.replace(/\n{2,}/gu, '\n');
}

/** The nearest place between words within 20 characters, looking outwards; Chinese has none, which is fine. */
function wordEdge(text: string, at: number, step: 1 | -1): number {
  for (let place = at, steps = 0; steps < 20 && place > 0 && place < text.length; steps += 1) {
    if (/\s/u.test(text[place] ?? '')) return step === 1 ? place : place + 1;
    place += step;
    if (place === 0 || place === text.length) return place;
  }
  // Never between the halves of a surrogate pair.
  return /[\uDC00-\uDFFF]/u.test(text[at] ?? '') ? at + step : at;
}
