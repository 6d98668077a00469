import type { FetchedPage } from '../../src/core/nouns.ts';

/** Less text than this in a page with scripts, and the scripts may hold the rest. */
const LITTLE_TEXT = 250;
/** So little text that any script is reason enough to look again. */
const NEARLY_NONE = 80;
/** With a plain hint (an empty mount point, "enable JavaScript"), up to this much may be furniture. */
const HINTED_TEXT = 800;
const SCAN_BYTES = 200_000;

// Bounded, and begun at rare places only: the page may be hostile, and this runs on the event loop.
const EMPTY_MOUNT =
  /\bid=["']?(?:root|app|__next|__nuxt|svelte|main-app|react-root|application)["']?(?:[ \t\n][^<>]{0,80})?>\s{0,80}<\/|<app-root[^<>]{0,80}>\s{0,80}<\//iu;
const PLEAS = 5;
const PLEA_LENGTH = 600;
const NEEDS_SCRIPT = /java\s?script|启用脚本|浏览器.{0,12}脚本|スクリプト/iu;

/**
 * Does the page's text come from scripts that a plain fetch does not run? Decided by what extraction
 * found in it and by the markup: scripts, an empty mount point, a `noscript` plea.
 * @param text what extraction found, or '' when it found nothing. Characters of scripts without
 *   spaces count double: they say more each.
 */
export function isJavascriptShell(page: FetchedPage, text: string): boolean {
  if (page.rendered || !/html|^$/iu.test(page.contentType?.split(';', 1)[0] ?? '')) return false;
  const length = text.length + (text.match(/[\u3040-\u30ff\u3400-\u9fff]/gu)?.length ?? 0);
  if (length >= HINTED_TEXT) return false;
  // Markup is ASCII whatever the charset; only the plea may be lost in another one.
  const html = Buffer.from(
    page.body.buffer,
    page.body.byteOffset,
    Math.min(page.body.length, SCAN_BYTES),
  ).toString('utf8');
  if (!/<script\b/iu.test(html)) return false;
  if (length < NEARLY_NONE || EMPTY_MOUNT.test(html)) return true;
  return length < LITTLE_TEXT && pleadsForScripts(html);
}

function pleadsForScripts(html: string): boolean {
  let at = -1;
  for (let seen = 0; seen < PLEAS; seen += 1) {
    at = html.indexOf('<noscript', at + 1);
    if (at < 0) return false;
    const [plea = ''] = html.slice(at, at + PLEA_LENGTH).split('</noscript', 1);
    if (NEEDS_SCRIPT.test(plea)) return true;
  }
  return false;
}
