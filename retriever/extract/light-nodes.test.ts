import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { leaveOutListeners } from './light-nodes.ts';

test('nodes made afterwards have no map of listeners, and are whole otherwise', () => {
  const listen = (): void => {
    const { document } = parseHTML('<p>one</p>');
    document.querySelector('p')?.addEventListener('click', () => undefined);
  };
  expect(listen).not.toThrow();
  leaveOutListeners();
  // Fails when linkedom is built in another way: the page is read all the same, only more slowly.
  expect(listen).toThrow(TypeError);
  leaveOutListeners();
  const { document } = parseHTML('<div id="a"><p class="b">one <em>two</em></p></div>');
  const paragraph = document.querySelector('#a .b');
  expect(paragraph?.textContent).toBe('one two');
  paragraph?.replaceWith(document.createElement('hr'));
  expect(document.querySelector('#a')?.innerHTML).toBe('<hr>');
});
