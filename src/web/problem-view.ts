/** A failure in words people can act on, with the service's own sentence below. */
import type { ShownProblem } from './answer-stream.ts';
import { element, icon } from './element.ts';
import type { Words } from './words.ts';

export function problemView(problem: ShownProblem, words: Words, onRetry: () => void): HTMLElement {
  const [title, advice] = words.problems[problem.code] ?? words.problems['other'] ?? ['', ''];
  const retry = element('button', { type: 'button', class: 'primary' }, icon('again'));
  const label = element('span', {}, words.retry);
  retry.append(label);
  retry.addEventListener('click', onRetry);
  waitFor(problem.retryAfterSeconds ?? 0, retry, label, words);
  return element(
    'div',
    { class: 'problem', role: 'alert' },
    element('p', { class: 'problem-title' }, title),
    advice === '' ? null : element('p', {}, advice),
    // How a program sends its key is no advice for a reader of the page.
    problem.detail === '' || problem.code === 'unauthorized'
      ? null
      : element('p', { class: 'meta' }, problem.detail),
    retry,
  );
}

/** Counts down what the service asked for; the button works when it is over. */
function waitFor(
  seconds: number,
  button: HTMLButtonElement,
  label: HTMLElement,
  words: Words,
): void {
  button.disabled = seconds > 0;
  label.textContent = seconds > 0 ? words.retryIn(Math.ceil(seconds)) : words.retry;
  if (seconds <= 0) return;
  setTimeout(() => {
    waitFor(seconds - 1, button, label, words);
  }, 1_000);
}
