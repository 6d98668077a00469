/**
 * What a page says about itself in JSON: JSON-LD objects, and article text in state scripts such as
 * `__NEXT_DATA__`.
 */
import { renderedLines, scriptValues } from './script-text.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const ARTICLE =
  /Article|BlogPosting|Report|WebPage|QAPage|DiscussionForumPosting|Recipe|HowTo|MedicalWebPage|VideoObject|Book|Event|Product/u;
const MAIN = /Article|BlogPosting|Report|DiscussionForumPosting|Recipe|HowTo/u;
const MAX_NODES = 20_000;

function parse(source: string): unknown {
  const trimmed = source
    .trim()
    .replace(/^<!--|-->$|^\s*\/\/\s*<!\[CDATA\[|\/\/\s*\]\]>\s*$/gu, '')
    .replace(/;\s*$/u, '');
  try {
    return JSON.parse(trimmed);
  } catch {
    try {
      // Raw line breaks inside strings are the commonest fault.
      // oxlint-disable-next-line no-control-regex -- control characters are what is invalid
      return JSON.parse(trimmed.replace(/[\u0000-\u001F]+/gu, ' '));
    } catch {
      return null;
    }
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(node: JsonObject): string {
  const type = node['@type'];
  return Array.isArray(type) ? type.join(' ') : typeof type === 'string' ? type : '';
}

/** `author: {"@id": …}` points at a person elsewhere in the page's JSON-LD: the person stands in for it. */
function withPeople(node: JsonObject, byId: ReadonlyMap<string, JsonObject>): JsonObject {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (!isObject(value) || value['name'] !== undefined) return value;
    return byId.get(String(value['@id'])) ?? value;
  };
  return node['author'] === undefined ? node : { ...node, author: resolve(node['author']) };
}

/** JSON-LD objects that describe the page, the article itself first. Broken JSON is skipped. */
export function linkedObjects(sources: readonly string[]): readonly JsonObject[] {
  const found: JsonObject[] = [];
  const byId = new Map<string, JsonObject>();
  const queue: unknown[] = sources.slice(0, 50).map(parse);
  for (let index = 0; index < queue.length && index < 2_000; index += 1) {
    const item = queue[index];
    if (Array.isArray(item)) queue.push(...item.slice(0, 200));
    else if (isObject(item)) {
      if (ARTICLE.test(typeOf(item))) found.push(item);
      if (typeof item['@id'] === 'string' && item['name'] !== undefined)
        byId.set(item['@id'], item);
      queue.push(item['@graph'], item['mainEntity'], item['mainEntityOfPage']);
    }
  }
  const rank = (node: JsonObject): number => (MAIN.test(typeOf(node)) ? 0 : 1);
  return found.map((node) => withPeople(node, byId)).sort((a, b) => rank(a) - rank(b));
}

/** `name` of a person or organisation given as text, object or list. */
export function nameOf(value: unknown): string | null {
  if (typeof value === 'string')
    return value.trim() === '' || /^https?:/iu.test(value) ? null : value.trim();
  if (Array.isArray(value)) {
    const names = value
      .slice(0, 8)
      .map(nameOf)
      .filter((name) => name !== null);
    return names.length === 0 ? null : [...new Set(names)].join(', ');
  }
  return isObject(value) ? nameOf(value['name']) : null;
}

/** `articleBody` (or its kin) of the page's own objects, when it is long enough to be the whole. */
export function linkedBody(objects: readonly JsonObject[], minChars: number): string | null {
  for (const node of objects) {
    for (const key of ['articleBody', 'text', 'description']) {
      const value = node[key];
      if (typeof value === 'string' && value.length >= minChars && !/(?:\.\.\.|…)\s*$/u.test(value))
        return value;
    }
  }
  return null;
}

/** Words of the program, not of the page. */
const PROGRAM_KEY =
  /^(?:i18n|intl|translations?|messages|labels|locales?|strings|errors?|seo|meta(?:data|Tags)?|config|settings|features?|experiments|ads?|cookies?|consent|footer|nav(?:igation)?|menus?|styles?|css)$/iu;

function isProse(text: string): boolean {
  if (!/[.!?。！？]/u.test(text)) return false;
  const unspaced =
    text.match(/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/gu)?.length ?? 0;
  const long =
    text.length >= 80
      ? /\s/u.test(text) || unspaced > 0
      : unspaced >= 12 || (text.match(/\S+/gu)?.length ?? 0) >= 6;
  return (
    long &&
    !/[{};]\s*[\w.]+\s*[:=({]|^https?:\S+$|^data:|\bfunction\b|[A-Za-z0-9+/]{200}|=>/u.test(text)
  );
}

/**
 * The pieces of prose in the state of a page's framework, in order: strings (or HTML) that read like
 * sentences. For pages whose HTML is an empty shell.
 * @param sources JSON of state scripts
 * @param scripts inline scripts, see `script-text.ts`
 */
export function stateProse(
  sources: readonly string[],
  scripts: readonly string[],
): readonly string[] {
  const pieces: string[] = [];
  const seen = new Set<string>();
  const take = (text: string): void => {
    if (seen.has(text) || !isProse(text)) return;
    seen.add(text);
    pieces.push(text);
  };
  const collect = (root: unknown): void => {
    const queue: unknown[] = [root];
    for (let visited = 0; queue.length > 0 && visited < MAX_NODES; visited += 1) {
      const item = queue.pop();
      if (typeof item === 'string') take(item);
      else if (Array.isArray(item))
        for (let i = item.length - 1; i >= 0; i -= 1) queue.push(item[i]);
      else if (isObject(item)) {
        for (const [key, value] of Object.entries(item).toReversed())
          if (!PROGRAM_KEY.test(key)) queue.push(value);
      }
    }
  };
  for (const source of sources) collect(parse(source));
  for (const { value, rendered } of scriptValues(scripts)) {
    if (rendered && typeof value !== 'string') for (const line of renderedLines(value)) take(line);
    else collect(value);
  }
  return pieces;
}
