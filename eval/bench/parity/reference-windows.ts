/** Windows of tokens from the frozen web, English and Chinese in turn, on which engines are compared. */
import { readPages } from '../../suites/frozen-web/frozen-web-data.ts';

/** Tokens of a window: about the length of a prompt with its answer. */
const windowTokens = 512;

export interface Window {
  readonly language: 'en' | 'zh';
  readonly ids: readonly number[];
}

/**
 * About `tokens` tokens, half of them English. Each window starts with a page's first paragraph.
 * @param folder that of `frozen-web-dev`
 */
export function referenceWindows(
  folder: string,
  tokens: number,
  encode: (text: string) => readonly number[],
): Window[] {
  const pages = readPages(folder);
  const english = pages.filter(({ lang }) => lang === 'en');
  // Simplified and traditional pages alternate.
  const simplified = pages.filter(({ lang }) => lang === 'zh-Hans');
  const traditional = pages.filter(({ lang }) => lang === 'zh-Hant');
  const windows: Window[] = [];
  const take = (language: Window['language'], page: (typeof pages)[number] | undefined): void => {
    const text = page?.paragraphs.map((paragraph) => paragraph.text).join('\n') ?? '';
    const ids = encode(text.slice(0, 4 * windowTokens)).slice(0, windowTokens);
    if (ids.length >= windowTokens / 2) windows.push({ language, ids });
  };
  const count = (): number => windows.reduce((sum, { ids }) => sum + ids.length, 0);
  for (let index = 0; count() < tokens && index < english.length * 20; index += 1) {
    // More English windows than pages: later ones start further on.
    const page = english[index % english.length];
    const skip = Math.floor(index / english.length) * 4;
    take('en', page && { ...page, paragraphs: page.paragraphs.slice(skip) });
    const chinese = index % 2 === 0 ? simplified : traditional;
    take('zh', chinese[(index * 7) % chinese.length]);
  }
  return windows;
}
