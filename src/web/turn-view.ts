/** One question and its answer on the page. */
import type { Answer, AnswerEvent, AnswerReference, AnswerStep } from '../core/nouns.ts';
import { answerMarkdown } from './answer-markdown.ts';
import type { ShownProblem } from './answer-stream.ts';
import { drawAnswer } from './answer-view.ts';
import type { CitationPopover } from './citation-popover.ts';
import { copyText } from './copy-text.ts';
import { element, icon } from './element.ts';
import { problemView } from './problem-view.ts';
import { drawProgress, isRunning, pageOf, type PageState, type Stage } from './progress-view.ts';
import { drawSources } from './source-cards.ts';
import type { Words } from './words.ts';

export interface TurnViewOptions {
  readonly question: string;
  readonly words: () => Words;
  readonly popover: CitationPopover;
  /** Asks the same question once more. */
  readonly onAgain: () => void;
}

let count = 0;

export class TurnView {
  readonly question: string;
  readonly root: HTMLElement;
  stage: Stage = 'wait';
  answer: Answer | null = null;
  readonly #options: TurnViewOptions;
  readonly #id = `turn-${(count += 1)}`;
  readonly #progress = element('div', { class: 'progress' });
  readonly #steps = element('ul', { class: 'steps', hidden: true });
  readonly #answer = element('div', { class: 'answer' });
  readonly #problem = element('div', { class: 'problem-place' });
  readonly #foot = element('div', { class: 'foot' });
  readonly #sources = element('section', { class: 'sources', hidden: true });
  readonly #heading: HTMLElement;
  #pages: PageState[] = [];
  #references: readonly AnswerReference[] = [];
  #stepList: AnswerStep[] = [];
  #text = '';
  #shown: ShownProblem | null = null;

  constructor(options: TurnViewOptions) {
    this.#options = options;
    this.question = options.question;
    this.#heading = element('h2', { id: this.#id, tabindex: '-1' }, options.question);
    this.root = element(
      'article',
      { class: 'turn', 'aria-labelledby': this.#id },
      this.#heading,
      this.#progress,
      this.#steps,
      this.#answer,
      this.#problem,
      this.#foot,
      this.#sources,
    );
  }

  /** Takes one event of the stream; returns what a screen reader should hear, if anything. */
  take(event: AnswerEvent): string | null {
    const words = this.#options.words();
    const before = this.stage;
    switch (event.type) {
      case 'step':
        this.#stepList.push(event.step);
        break;
      case 'search-end':
        // A plan of several searches adds to the pages.
        this.#pages = [...this.#pages, ...event.results.map(pageOf)];
        this.stage = 'read';
        break;
      case 'page-end':
        this.#pages = this.#pages.map((page) =>
          page.url === event.url
            ? {
                ...page,
                title: event.title ?? page.title,
                state: event.failure === null ? 'read' : 'failed',
                reason: event.failure?.message ?? null,
              }
            : page,
        );
        if (this.#pages.every(({ state }) => state !== 'waiting')) this.stage = 'rank';
        break;
      case 'references':
        this.#references = event.references;
        this.stage = 'write';
        break;
      case 'answer-delta':
        this.#text += event.text;
        this.stage = 'write';
        break;
      case 'answer-end':
        this.show(event.answer);
        return words.answerReady(new Set(citedNumbers(event.answer)).size);
    }
    this.draw();
    if (event.type === 'answer-delta') return event.text.replace(/\[\d+\]/gu, '');
    if (this.stage === before) return null;
    return this.stage === 'write' ? words.writing : this.stage === 'rank' ? words.ranking : null;
  }

  /** A whole answer: just streamed, or from the history. */
  show(answer: Answer): void {
    this.answer = answer;
    this.#text = answer.answer;
    this.#references = answer.references;
    this.#stepList = [...(answer.steps ?? [])];
    this.stage = 'done';
    this.draw();
  }

  /** Starts over: a retry, or the same question asked again. */
  restart(stage: Stage): void {
    this.answer = null;
    this.#text = '';
    this.#pages = [];
    this.#references = [];
    this.#stepList = [];
    this.#shown = null;
    this.stage = stage;
    this.draw();
  }

  fail(problem: ShownProblem): void {
    this.stage = 'failed';
    this.#shown = problem;
    this.draw();
  }

  stop(): void {
    this.stage = 'stopped';
    this.draw();
  }

  focus(): void {
    this.#heading.focus({ preventScroll: true });
    this.root.scrollIntoView({ block: 'start', behavior: motion() });
  }

  /** Draws everything from the state, in the language of the moment. */
  draw(): void {
    const words = this.#options.words();
    const state = { stage: this.stage, pages: this.#pages, answer: this.answer };
    const passageId = (reference: number): string => `${this.#id}-passage-${reference}`;
    this.root.setAttribute('aria-busy', String(isRunning(this.stage)));
    drawProgress(this.#progress, state, words);
    this.#drawSteps(words);
    this.#answer.lang = this.answer?.language ?? '';
    drawAnswer(
      this.#answer,
      { text: this.#text, references: this.#references, answer: this.answer },
      {
        words,
        passageId,
        onMark: (link, mark) => {
          this.#options.popover.attach(link, mark);
          this.#linkCard(link, mark.reference.number);
        },
      },
    );
    drawSources(
      this.#sources,
      { references: this.#references, answer: this.answer },
      words,
      passageId,
    );
    this.#problem.replaceChildren(
      this.#shown === null ? '' : problemView(this.#shown, words, this.#options.onAgain),
    );
    this.#drawFoot(words);
  }

  /** How the question was understood and worked out, where that took more than one search. */
  #drawSteps(words: Words): void {
    this.#steps.hidden = this.#stepList.length === 0;
    this.#steps.replaceChildren(
      ...this.#stepList.map(({ kind, input, output }) =>
        element(
          'li',
          { title: input },
          element('span', { class: 'step-kind' }, words.steps[kind] ?? kind),
          ` ${output}`,
        ),
      ),
    );
  }

  #drawFoot(words: Words): void {
    const { answer } = this;
    if (answer === null) {
      this.#foot.replaceChildren(this.stage === 'stopped' ? this.#againButton(words) : '');
      return;
    }
    const label = element('span', {}, words.copy);
    const copy = element('button', { type: 'button', class: 'quiet' }, icon('copy'), label);
    const copyAnswer = async (): Promise<void> => {
      const copied = await copyText(answerMarkdown(answer));
      label.textContent = copied ? words.copied : words.copyFailed;
      setTimeout(() => (label.textContent = words.copy), 2_000);
    };
    copy.addEventListener('click', () => void copyAnswer());
    const notes =
      answer.warnings.length === 0
        ? ''
        : element(
            'details',
            { class: 'notes' },
            element('summary', {}, words.notes(answer.warnings.length)),
            element('ul', {}, ...answer.warnings.map(({ message }) => element('li', {}, message))),
          );
    this.#foot.replaceChildren(copy, this.#againButton(words), notes);
  }

  #againButton(words: Words): HTMLElement {
    const again = element(
      'button',
      { type: 'button', class: 'quiet' },
      icon('again'),
      words.askAgain,
    );
    again.addEventListener('click', this.#options.onAgain);
    return again;
  }

  /** A mark and its card light up together. */
  #linkCard(link: HTMLElement, reference: number): void {
    const light = (on: boolean) => (): void => {
      this.#sources.querySelector(`[data-reference="${reference}"]`)?.classList.toggle('lit', on);
    };
    for (const name of ['pointerenter', 'focus']) link.addEventListener(name, light(true));
    for (const name of ['pointerleave', 'blur']) link.addEventListener(name, light(false));
  }
}

function citedNumbers(answer: Answer): number[] {
  return answer.sentences.flatMap(({ citations }) => citations.map(({ reference }) => reference));
}

function motion(): ScrollBehavior {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
}
