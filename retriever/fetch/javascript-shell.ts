import type { FetchedPage } from '../../src/core/nouns.ts';

/** Less text than this in a page with scripts, and the scripts may hold the rest. */
const LITTLE_TEXT = 250;
/** So little text that any script is reason enough to look again. */
const NEARLY_NONE = 80;
/** With a plain hint (an empty mount point, "enable JavaScript"), up to this much may be furniture. */
const HINTED_TEXT = 800;
const SCAN_BYTES = 400_000;

const EMPTY_MOUNT =
  /<(div|main|section|app-root)\b[^>]*\bid=["']?(?:root|app|__next|__nuxt|svelte|main-app|react-root|application)["']?[^>]*>\s*<\/\1>|<app-root[^>]*>\s*<\/app-root>/iu;
const NOSCRIPT = /<noscript\b[^>]*>([\s\S]{0,2000}?)<\/noscript>/giu;
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
  if (length >= LITTLE_TEXT) return false;
  for (const [, plea = ''] of html.matchAll(NOSCRIPT)) {
    if (NEEDS_SCRIPT.test(plea)) return true;
  }
  return false;
}
