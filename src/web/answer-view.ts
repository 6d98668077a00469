/** Draws an answer: blocks of text in which each `[n]` is a link to the very sentence at its source. */
import type { Answer, AnswerReference, Citation } from '../core/nouns.ts';
import { answerBlocks, answerInlines, type Span } from './answer-blocks.ts';
import { element, opensInBrowser, sourceLink } from './element.ts';
import type { Words } from './words.ts';

/** What a mark stands for; `citation` is null while the answer is still being written. */
export interface Mark {
  readonly reference: AnswerReference;
  readonly citation: Citation | null;
}

export interface AnswerState {
  readonly text: string;
  readonly references: readonly AnswerReference[];
  readonly answer: Answer | null;
}

export interface AnswerViewOptions {
  readonly words: Words;
  /** Id of the passage shown in a reference's source card, which describes its marks. */
  readonly passageId: (reference: number) => string;
  readonly onMark: (link: HTMLElement, mark: Mark) => void;
}

/** Redraws `box`; a mark that had the focus keeps it. */
export function drawAnswer(box: HTMLElement, state: AnswerState, options: AnswerViewOptions): void {
  const focused = [...box.querySelectorAll('.mark')].indexOf(document.activeElement as Element);
  const inline = (span: Span): Node[] =>
    answerInlines(state.text, span).flatMap((part): Node[] => {
      const text = state.text.slice(part.span.start, part.span.end);
      if (part.kind !== 'mark') {
        if (part.kind === 'text') return [document.createTextNode(text)];
        return [element(part.kind === 'bold' ? 'strong' : 'code', {}, text)];
      }
      const reference = state.references.find(({ number }) => number === part.reference);
      if (reference === undefined) return [document.createTextNode(text)];
      const citation = citationAt(state.answer, part.span.start, part.reference);
      return [markLink({ reference, citation }, options)];
    });
  const lines = (spans: readonly Span[]): Node[] =>
    spans.flatMap((span, index) =>
      (index === 0 ? [] : ([element('br')] as Node[])).concat(inline(span)),
    );
  box.replaceChildren(
    ...answerBlocks(state.text).map((block): Node => {
      switch (block.kind) {
        case 'list':
          return element(
            block.ordered ? 'ol' : 'ul',
            {},
            ...block.items.map((item) => element('li', {}, ...inline(item))),
          );
        case 'table': {
          const [head, ...rows] = block.rows;
          const row = (cells: readonly Span[], tag: 'th' | 'td'): HTMLElement =>
            element('tr', {}, ...cells.map((cell) => element(tag, {}, ...inline(cell))));
          return element(
            'div',
            { class: 'table', tabindex: '0' },
            element(
              'table',
              {},
              element('thead', {}, row(head ?? [], 'th')),
              element('tbody', {}, ...rows.map((cells) => row(cells, 'td'))),
            ),
          );
        }
        case 'heading':
          return element('h3', {}, ...lines(block.lines));
        case 'code':
          return element(
            'pre',
            { tabindex: '0' },
            block.lines.map(({ start, end }) => state.text.slice(start, end)).join('\n'),
          );
        default:
          return element('p', {}, ...lines(block.lines));
      }
    }),
  );
  if (focused >= 0) box.querySelectorAll<HTMLElement>('.mark')[focused]?.focus();
}

/** The citation a mark stands for: that of the last sentence that ends before it. */
function citationAt(answer: Answer | null, at: number, reference: number): Citation | null {
  const sentence = answer?.sentences.findLast(({ end }) => end <= at);
  return sentence?.citations.find((citation) => citation.reference === reference) ?? null;
}

function markLink(mark: Mark, options: AnswerViewOptions): HTMLElement {
  const { reference, citation } = mark;
  const title = reference.title || reference.site;
  const url = citation?.url ?? reference.url;
  const name = options.words.source(reference.number, title);
  const opens = opensInBrowser(url);
  const attributes = {
    class: 'mark',
    'aria-label': opens ? `${name} ${options.words.newTab}` : name,
    'aria-describedby': options.passageId(reference.number),
  };
  // A page of one's own folder cannot be opened from here; its passage can be shown.
  const link = opens
    ? sourceLink(url, attributes, String(reference.number))
    : element('button', { ...attributes, type: 'button' }, String(reference.number));
  options.onMark(link, mark);
  return link;
}
