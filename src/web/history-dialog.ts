/** The list of earlier conversations. */
import { conversationStore } from './conversation-store.ts';
import { byId, element, icon } from './element.ts';
import type { PageLanguage, Words } from './words.ts';

export interface HistoryDialogOptions {
  readonly words: () => Words;
  readonly language: () => PageLanguage;
  readonly onOpen: (id: string) => void;
}

export class HistoryDialog {
  readonly #dialog = byId('history', HTMLDialogElement);
  readonly #list = byId('history-list');
  readonly #clear = byId('history-clear', HTMLButtonElement);
  readonly #options: HistoryDialogOptions;

  constructor(options: HistoryDialogOptions) {
    this.#options = options;
    this.#clear.addEventListener('click', () => {
      conversationStore.clear();
      this.draw();
    });
    byId('history-close').addEventListener('click', () => {
      this.#dialog.close();
    });
    // A click on the backdrop hits the dialog itself.
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  open(): void {
    this.draw();
    this.#dialog.showModal();
  }

  draw(): void {
    const words = this.#options.words();
    const kept = conversationStore.list();
    this.#clear.hidden = kept.length === 0;
    const time = new Intl.DateTimeFormat(this.#options.language(), {
      dateStyle: 'medium',
      timeStyle: 'short',
    });
    this.#list.replaceChildren(
      ...kept.map(({ id, at, turns }) => {
        const title = turns[0]?.question ?? '';
        const open = element(
          'button',
          { type: 'button', class: 'entry' },
          element('span', {}, title),
          element('time', { class: 'meta' }, time.format(at)),
        );
        open.addEventListener('click', () => {
          this.#dialog.close();
          this.#options.onOpen(id);
        });
        const remove = element(
          'button',
          { type: 'button', class: 'round', 'aria-label': words.deleteOne(title) },
          icon('delete'),
        );
        remove.addEventListener('click', () => {
          conversationStore.remove(id);
          this.draw();
        });
        return element('li', {}, open, remove);
      }),
      ...(kept.length === 0 ? [element('li', { class: 'meta' }, words.historyEmpty)] : []),
    );
  }
}
