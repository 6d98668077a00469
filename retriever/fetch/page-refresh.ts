/**
 * Pages that only lead to another one: by a `Refresh` header, by `<meta http-equiv="refresh">` (in
 * `noscript` too), or by a line of script in an otherwise empty page. Nothing is run.
 */

/** A page that stays longer than this before it moves on is a page to be read. */
const MAX_DELAY_S = 15;
/** More text than this and it is a page in its own right (it may reload itself now and then). */
const MAX_TEXT = 600;
const MAX_HTML_CHARS = 60_000;

const META = /<meta\b[^>]{0,400}>/giu;
const ATTRIBUTE = (name: string): RegExp =>
  new RegExp(String.raw`[\s"'/]${name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`, 'iu');
const HTTP_EQUIV = ATTRIBUTE('http-equiv');
const CONTENT = /[\s"'/]content\s*=\s*(?:"([^"]*)"|'([^']*)'|([^>]+?)\s*\/?>)/iu;
const SCRIPTED =
  /(?:^|[\s;{])(?:(?:window|document|self|top|parent)\s*\.\s*)?location(?:\s*\.\s*href)?\s*(?:=\s*|\.\s*(?:replace|assign)\s*\(\s*)(["'])([^"'\\]{1,2000})\1/u;

/**
 * Where a page that was read moves on to, resolved; null when it stays. Linear in the page's length.
 * @param refresh the `Refresh` header, or undefined
 * @param start the decoded beginning of the page; markup is ASCII whatever the charset
 */
export function refreshTarget(from: URL, refresh: string | undefined, start: string): URL | null {
  const byHeader = refresh === undefined ? null : parseRefresh(refresh);
  if (byHeader !== null) return resolve(from, byHeader);
  if (start.length > MAX_HTML_CHARS) return null;
  const html = start.replace(/<!--[^]*?-->/gu, ' ');
  const text = html
    .replace(/<(script|style|noscript|title)\b[^]*?<\/\1\s*>/giu, ' ')
    .replace(/<[^>]*>/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  if (text.length > MAX_TEXT) return null;
  for (const [tag] of html.matchAll(META)) {
    if (valueOf(HTTP_EQUIV, tag).trim().toLowerCase() !== 'refresh') continue;
    const target = parseRefresh(decodeAmpersands(valueOf(CONTENT, tag)));
    if (target !== null) return resolve(from, target);
  }
  if (text.length > 150) return null;
  for (const [, body = ''] of html.matchAll(/<script\b[^>]*>([^]*?)<\/script/giu)) {
    const target = body.length > 3_000 ? undefined : SCRIPTED.exec(body)?.[2];
    if (target !== undefined) return resolve(from, target);
  }
  return null;
}

function valueOf(pattern: RegExp, tag: string): string {
  const match = pattern.exec(tag);
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? '';
}

function decodeAmpersands(text: string): string {
  return text
    .replace(/&amp;|&#38;|&#x26;/giu, '&')
    .replace(/&quot;|&#34;/giu, '"')
    .replace(/&#39;|&apos;/giu, "'");
}

/** `0; url='/x'` as the HTML standard reads it (shared declarative refresh steps); null without a target. */
function parseRefresh(value: string): string | null {
  const match = /^\s*(\d+)?(?:\.[\d.]*)?\s*(?:[;,\s]\s*)?(?:url\s*=\s*)?(.*)$/isu.exec(value);
  if (match === null || Number(match[1] ?? 0) > MAX_DELAY_S) return null;
  let target = match[2]!.trim();
  const quote = target.charAt(0);
  if (quote === '"' || quote === "'") target = target.slice(1).split(quote)[0] ?? '';
  return target === '' ? null : target;
}

function resolve(from: URL, target: string): URL | null {
  if (!URL.canParse(target, from.href)) return null;
  const url = new URL(target, from.href);
  url.hash = '';
  return /^https?:$/u.test(url.protocol) ? url : null;
}
