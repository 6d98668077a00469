/** What the reader chose: theme and language for good, the API key for this tab. */
import { pageLanguage, type PageLanguage } from './words.ts';

export type Theme = 'system' | 'light' | 'dark';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** Storage that may be refused; then a choice lasts as long as the page. */
function stored(
  storage: () => Storage,
  name: string,
): { get(): string | null; set(value: string | null): void } {
  let value: string | null = null;
  return {
    get: () => {
      try {
        return storage().getItem(name) ?? value;
      } catch {
        return value;
      }
    },
    set: (next) => {
      value = next;
      try {
        if (next === null) storage().removeItem(name);
        else storage().setItem(name, next);
      } catch {
        // Kept in memory only.
      }
    },
  };
}

const theme = stored(() => localStorage, 'footnote.theme');
const language = stored(() => localStorage, 'footnote.language');
const draft = stored(() => sessionStorage, 'footnote.draft');

export const apiKey = stored(() => sessionStorage, 'footnote.key');

export const preferences = {
  get theme(): Theme {
    return THEMES.find((one) => one === theme.get()) ?? 'system';
  },
  nextTheme(): void {
    const next = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? 'system';
    theme.set(next === 'system' ? null : next);
  },
  get language(): PageLanguage {
    const chosen = language.get();
    return pageLanguage(chosen === null ? navigator.languages : [chosen]);
  },
  otherLanguage(): void {
    language.set(this.language === 'en' ? 'zh' : 'en');
  },
  /** A question typed but not yet answered: a reload must not lose it. */
  draft,
};
