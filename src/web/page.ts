/** The web page: a conversation with the service that serves it. */
import { CitationPopover } from './citation-popover.ts';
import { Composer } from './composer.ts';
import { ConversationView } from './conversation-view.ts';
import { byId, element } from './element.ts';
import { HistoryDialog } from './history-dialog.ts';
import { preferences } from './preferences.ts';
import { WORDS, type Words } from './words.ts';

const words = (): Words => WORDS[preferences.language];

const announcer = byId('announcer');

/** Says something to screen readers, after what they are saying now. */
function say(text: string): void {
  announcer.append(element('p', {}, text));
  while (announcer.childElementCount > 20) announcer.firstElementChild?.remove();
}

const popover = new CitationPopover(words);
const composer = new Composer({
  onAsk: (question) => void conversation.ask(question),
  onStop: () => {
    conversation.stop();
  },
});
const conversation = new ConversationView({ words, popover, composer, say });
const historyDialog = new HistoryDialog({
  words,
  language: () => preferences.language,
  onOpen: (id) => {
    conversation.open(id);
  },
});

/** Writes every word of the page anew, and the theme. */
function relabel(): void {
  const { language, theme } = preferences;
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.documentElement.dataset['theme'] = theme;
  const table = words();
  for (const place of document.querySelectorAll<HTMLElement>('[data-word]')) {
    const word = table[place.dataset['word'] as keyof Words];
    if (typeof word === 'string') place.textContent = word;
  }
  for (const place of document.querySelectorAll<HTMLElement>('[data-label]')) {
    const word = table[place.dataset['label'] as keyof Words];
    if (typeof word !== 'string') continue;
    place.setAttribute('aria-label', word);
    place.title = word;
  }
  const themeButton = byId('theme');
  themeButton.setAttribute('aria-label', table.theme[theme]);
  themeButton.title = table.theme[theme];
  themeButton.querySelector('use')?.setAttribute('href', `#icon-theme-${theme}`);
  byId('language').lang = language === 'en' ? 'zh-CN' : 'en';
  byId('examples-list').replaceChildren(
    ...table.exampleList.map((question) => {
      const button = element('button', { type: 'button', class: 'example' }, question);
      button.addEventListener('click', () => void conversation.ask(question));
      return element('li', {}, button);
    }),
  );
  popover.hide();
  conversation.relabel();
}

byId('theme').addEventListener('click', () => {
  preferences.nextTheme();
  relabel();
});
byId('language').addEventListener('click', () => {
  preferences.otherLanguage();
  relabel();
});
byId('new').addEventListener('click', () => {
  conversation.clear();
});
byId('open-history').addEventListener('click', () => {
  historyDialog.open();
});
window.addEventListener('hashchange', () => {
  conversation.openFromAddress();
});
document.addEventListener('keydown', (event) => {
  const typing =
    event.target instanceof HTMLElement && event.target.closest('input, textarea, dialog') !== null;
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    composer.focus();
  } else if (
    event.key === 'Escape' &&
    !event.defaultPrevented &&
    document.querySelector('dialog[open]') === null
  ) {
    conversation.stop();
  }
});

relabel();
conversation.openFromAddress();
composer.restoreDraft();
