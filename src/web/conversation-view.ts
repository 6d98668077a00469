/** The turns of one conversation: asks, streams, retries once when the line breaks, stops, keeps. */
import { ConnectionLost, ProblemError, streamAnswer, type ChatTurn } from './answer-stream.ts';
import type { CitationPopover } from './citation-popover.ts';
import type { Composer } from './composer.ts';
import { conversationStore } from './conversation-store.ts';
import { byId } from './element.ts';
import { askForKey } from './key-dialog.ts';
import { apiKey } from './preferences.ts';
import { TurnView } from './turn-view.ts';
import type { Words } from './words.ts';

/** How long the page waits after a broken line before it asks once more; longer while offline. */
const RECONNECT_MS = 1_500;
const OFFLINE_MS = 30_000;

export interface ConversationViewOptions {
  readonly words: () => Words;
  readonly popover: CitationPopover;
  readonly composer: Composer;
  readonly say: (text: string) => void;
}

export class ConversationView {
  readonly #place = byId('conversation');
  readonly #options: ConversationViewOptions;
  #id: string = newId();
  #turns: TurnView[] = [];
  #running: AbortController | null = null;

  constructor(options: ConversationViewOptions) {
    this.#options = options;
  }

  /** Asks a question as the next turn; nothing happens while another is being answered. */
  async ask(question: string): Promise<void> {
    if (this.#running !== null) return;
    this.#options.composer.take(question);
    const view = this.#add(question);
    view.draw();
    view.root.scrollIntoView({ block: 'start' });
    await this.#run(view);
  }

  stop(): void {
    this.#running?.abort();
  }

  /** A new conversation; the old one stays in the history. */
  clear(): void {
    this.stop();
    this.#id = newId();
    this.#turns = [];
    this.#place.replaceChildren();
    history.replaceState(null, '', location.pathname + location.search);
    this.relabel();
    this.#options.composer.focus();
  }

  /** Shows a kept conversation. */
  open(id: string): void {
    const kept = conversationStore.get(id);
    if (kept === null) return;
    this.clear();
    this.#id = id;
    for (const { question, answer } of kept.turns) this.#add(question).show(answer);
    history.replaceState(null, '', `#c-${id}`);
    this.relabel();
    this.#turns.at(-1)?.focus();
  }

  openFromAddress(): void {
    const id = /^#c-([\w-]+)$/u.exec(location.hash)?.[1];
    if (id !== undefined && id !== this.#id) this.open(id);
  }

  relabel(): void {
    const words = this.#options.words();
    const empty = this.#turns.length === 0;
    document.body.classList.toggle('empty', empty);
    document.title = empty ? words.title : `${this.#turns[0]?.question ?? ''} · footnote`;
    this.#options.composer.label(words, { running: this.#running !== null, followUp: !empty });
    for (const turn of this.#turns) turn.draw();
  }

  #add(question: string): TurnView {
    const view: TurnView = new TurnView({
      question,
      words: this.#options.words,
      popover: this.#options.popover,
      onAgain: () => {
        if (this.#running !== null) return;
        view.focus();
        void this.#run(view);
      },
    });
    this.#turns.push(view);
    this.#place.append(view.root);
    return view;
  }

  async #run(view: TurnView): Promise<void> {
    const { composer, words, say } = this.#options;
    const stop = new AbortController();
    this.#running = stop;
    view.restart('wait');
    this.relabel();
    say(words().searching);
    try {
      for (let losses = 0; ;) {
        try {
          await this.#stream(view, stop.signal);
          composer.settle();
          this.#keep();
          return;
        } catch (error) {
          if (stop.signal.aborted) {
            view.stop();
            say(words().stopped);
            composer.giveBack(view.question);
            return;
          }
          if (error instanceof ProblemError) {
            if (error.problem.code === 'unauthorized') {
              const key = await askForKey(apiKey.get() !== null);
              if (key !== null) {
                apiKey.set(key);
                view.restart('wait');
                continue;
              }
            }
            view.fail(error.problem);
            return;
          }
          if (!(error instanceof ConnectionLost)) throw error;
          losses += 1;
          if (losses > 1) {
            view.fail({
              code: 'connection-lost',
              detail: '',
              retryable: true,
              retryAfterSeconds: null,
            });
            return;
          }
          view.restart('reconnect');
          say(words().reconnecting);
          await lineBack(stop.signal);
        }
      }
    } finally {
      if (this.#running === stop) this.#running = null;
      this.relabel();
    }
  }

  async #stream(view: TurnView, signal: AbortSignal): Promise<void> {
    const body = {
      question: view.question,
      messages: this.#messagesBefore(view),
      asker: {
        language: navigator.language,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
    };
    let first = true;
    for await (const event of streamAnswer(body, { signal, apiKey: apiKey.get() })) {
      // The stage of a retry changes only when something really comes.
      if (first) view.restart('search');
      first = false;
      const heard = view.take(event);
      if (heard !== null) this.#options.say(heard);
    }
  }

  /** The answered turns above this one, which a follow-up is understood from. */
  #messagesBefore(view: TurnView): ChatTurn[] {
    return this.#turns
      .slice(0, this.#turns.indexOf(view))
      .flatMap(({ question, answer }): ChatTurn[] =>
        answer === null
          ? []
          : [
              { role: 'user', content: question },
              { role: 'assistant', content: answer.answer },
            ],
      );
  }

  #keep(): void {
    const turns = this.#turns.flatMap(({ question, answer }) =>
      answer === null ? [] : [{ question, answer }],
    );
    conversationStore.save({ id: this.#id, at: Date.now(), turns });
    history.replaceState(null, '', `#c-${this.#id}`);
  }
}

/** `crypto.randomUUID` is missing where the page is served over plain HTTP. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** Waits a moment, and while the browser knows that it is offline until it is not. */
function lineBack(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = new AbortController();
    const end = (): void => {
      done.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, navigator.onLine ? RECONNECT_MS : OFFLINE_MS);
    window.addEventListener('online', end, { signal: done.signal });
    signal.addEventListener('abort', end, { signal: done.signal });
  });
}
