/** The question box: Enter asks, Shift+Enter breaks the line, the button turns into Stop. */
import { byId } from './element.ts';
import { preferences } from './preferences.ts';
import type { Words } from './words.ts';

export interface ComposerOptions {
  readonly onAsk: (question: string) => void;
  readonly onStop: () => void;
}

export class Composer {
  readonly #form = byId('composer', HTMLFormElement);
  readonly #field = byId('question', HTMLTextAreaElement);
  readonly #button = byId('send', HTMLButtonElement);
  readonly #options: ComposerOptions;
  #running = false;

  constructor(options: ComposerOptions) {
    this.#options = options;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#running) {
        this.#options.onStop();
        return;
      }
      const question = this.#field.value.trim();
      if (question === '') this.focus();
      else this.#options.onAsk(question);
    });
    this.#field.addEventListener('keydown', (event) => {
      // While an input method composes, Enter chooses a character.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      // Enter never stops an answer: that would be a surprise after typing a follow-up.
      if (!this.#running) this.#form.requestSubmit();
    });
    this.#field.addEventListener('input', () => {
      preferences.draft.set(this.#field.value === '' ? null : this.#field.value);
    });
  }

  focus(): void {
    this.#field.focus();
  }

  /** Empties the box; the question stays kept until it is answered. */
  take(question: string): void {
    this.#field.value = '';
    preferences.draft.set(question);
  }

  /** Puts a question back that was not answered, unless something else was typed meanwhile. */
  giveBack(question: string): void {
    if (this.#field.value === '') this.#field.value = question;
  }

  /** The question was answered: only what was typed since is kept. */
  settle(): void {
    preferences.draft.set(this.#field.value === '' ? null : this.#field.value);
  }

  restoreDraft(): void {
    this.giveBack(preferences.draft.get() ?? '');
  }

  /** Draws the button and the hint. */
  label(words: Words, state: { readonly running: boolean; readonly followUp: boolean }): void {
    this.#running = state.running;
    const label = state.running ? words.stop : words.ask;
    this.#button.classList.toggle('stop', state.running);
    this.#button
      .querySelector('use')
      ?.setAttribute('href', state.running ? '#icon-stop' : '#icon-ask');
    this.#button.setAttribute('aria-label', label);
    this.#button.title = label;
    this.#field.placeholder = state.followUp ? words.followUp : words.placeholder;
    this.#field.setAttribute('aria-label', state.followUp ? words.followUp : words.question);
  }
}
