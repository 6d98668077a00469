/** The stages of an answer as they happen, and afterwards as a line that unfolds. */
import type { Answer, SearchResult } from '../core/nouns.ts';
import { element } from './element.ts';
import type { Words } from './words.ts';

export type Stage =
  | 'wait'
  | 'search'
  | 'read'
  | 'rank'
  | 'write'
  | 'reconnect'
  | 'done'
  | 'stopped'
  | 'failed';

export interface PageState {
  readonly url: string;
  readonly title: string;
  readonly state: 'waiting' | 'read' | 'failed';
  readonly reason: string | null;
}

export interface ProgressState {
  readonly stage: Stage;
  readonly pages: readonly PageState[];
  readonly answer: Answer | null;
}

export function pageOf({ url, title }: SearchResult): PageState {
  return { url, title: title || url, state: 'waiting', reason: null };
}

export function isRunning(stage: Stage): boolean {
  return stage !== 'done' && stage !== 'stopped' && stage !== 'failed';
}

/** What is happening, in words. */
function stageText({ stage, pages, answer }: ProgressState, words: Words): string {
  const read = pages.filter(({ state }) => state === 'read').length;
  switch (stage) {
    case 'wait':
      return words.waiting;
    case 'search':
      return words.searching;
    case 'read':
      return words.readingOf(read, pages.length);
    case 'rank':
      return words.ranking;
    case 'write':
      return words.writing;
    case 'reconnect':
      return words.reconnecting;
    case 'stopped':
      return words.stopped;
    case 'failed':
      return '';
    default: {
      const total = answer?.timings_ms.total ?? 0;
      if (total === 0) return words.fromMemory;
      const seconds = (total / 1_000).toFixed(1);
      return pages.length === 0
        ? words.doneNothingRead(seconds)
        : words.done(read, pages.length, seconds);
    }
  }
}

/** Draws the line and the pages; while it runs the pages are open, then they fold away. */
export function drawProgress(box: HTMLElement, state: ProgressState, words: Words): void {
  const running = isRunning(state.stage);
  const text = stageText(state, words);
  box.hidden = text === '';
  box.className = running ? 'progress running' : 'progress';
  const line = element(
    'span',
    { class: 'stage' },
    text,
    running ? element('span', { class: 'dots', 'aria-hidden': 'true' }) : null,
  );
  const pages = pageList(state.pages, words);
  const model = state.answer === null ? '' : ` · ${state.answer.model}`;
  if (running) {
    box.replaceChildren(element('p', {}, line), state.stage === 'reconnect' ? '' : pages);
    return;
  }
  if (state.pages.length === 0) {
    box.replaceChildren(element('p', {}, line, model));
    return;
  }
  const open = box.querySelector('details')?.open === true;
  box.replaceChildren(element('details', { open }, element('summary', {}, line, model), pages));
}

function pageList(pages: readonly PageState[], words: Words): HTMLElement {
  const spoken = { read: words.pageRead, failed: words.pageFailed, waiting: words.pageWaiting };
  return element(
    'ul',
    { class: 'pages' },
    ...pages.map(({ title, url, state, reason }) =>
      element(
        'li',
        { class: state, title: reason === null ? url : `${url}: ${reason}` },
        element('span', { class: 'page-title' }, title),
        element('span', { class: 'unseen' }, ` (${spoken[state]})`),
      ),
    ),
  );
}
