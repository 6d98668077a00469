import { FootnoteError } from '../../src/core/errors.ts';
import type { Document as PageDocument, FetchedPage } from '../../src/core/nouns.ts';
import { assembleText, type AssembledText, type TextBlock } from './assemble-text.ts';
import { PLACE_TAG_NAMES } from './block-place.ts';
import { contentProbabilities } from './block-model.ts';
import { chooseBlocks } from './choose-blocks.ts';
import { groupBit } from './class-words.ts';
import { detectLanguage } from './detect-language.ts';
import { linkedBody, stateProse, type JsonObject } from './linked-data.ts';
import { normaliseLine } from './normalise-text.ts';
import { analysePage, parseScanned, type PageAnalysis } from './page-analysis.ts';
import { pageBlocks } from './page-blocks.ts';
import { pageMetadata } from './page-metadata.ts';
import { scanHtml, type HtmlScan } from './scan-html.ts';

/** Less text than this and other ways are tried; an unspaced script says as much in a third of it. */
const ENOUGH_CHARS = 250;
const JSON_BODY_CHARS = 100;

const FURNITURE =
  groupBit('nav') |
  groupBit('footer') |
  groupBit('cookie') |
  groupBit('signup') |
  groupBit('social');

/** Length in which a Han or kana character counts three times and a Hangul one twice: they say as much. */
function weight(text: string): number {
  return (
    text.length +
    2 * (text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0) +
    (text.match(/\p{Script=Hangul}/gu)?.length ?? 0)
  );
}

/** Weight of the text below the headings: headings alone are no document. */
const sum = (blocks: readonly TextBlock[]): number =>
  blocks.reduce((total, { kind, text }) => total + (kind === 'heading' ? 0 : weight(text)), 0);

/** Blocks of an HTML fragment, all of them: for Markdown, feeds and HTML inside JSON. */
export function fragmentBlocks(html: string): readonly TextBlock[] {
  return pageBlocks(parseScanned(scanHtml(html)).body);
}

function proseBlocks(analysis: PageAnalysis): readonly TextBlock[] {
  return analysis.blocks.filter((block) => {
    const place = analysis.places.of(block.element);
    if ((place.any & FURNITURE) !== 0) return false;
    return (
      block.linkChars / block.text.length < 0.35 &&
      (weight(block.text) >= 60 || block.kind === 'heading' || block.kind === 'row')
    );
  });
}

const FRAME_TAGS = ['NAV', 'FOOTER'].map((tag) => 1 << PLACE_TAG_NAMES.indexOf(tag));
const MENU_SHARE = 0.6;

/** Everything but menus, footers and notices; what stands in a header only where it is no link. */
function wholeBody(analysis: PageAnalysis): readonly TextBlock[] {
  return analysis.blocks.filter((block) => {
    const place = analysis.places.of(block.element);
    if ((place.any & groupBit('cookie')) !== 0) return false;
    if (FRAME_TAGS.some((bit) => (place.tags & bit) !== 0)) return false;
    if ((place.any & (groupBit('nav') | groupBit('footer'))) !== 0 && block.kind !== 'row') {
      return false;
    }
    return block.linkChars / block.text.length < MENU_SHARE;
  });
}

function jsonBlocks(scan: HtmlScan, linked: readonly JsonObject[]): readonly TextBlock[] {
  const body = linkedBody(linked, JSON_BODY_CHARS);
  const pieces = body === null ? stateProse(scan.stateJson, scan.stateScripts) : [body];
  return pieces.flatMap((piece) =>
    /<(?:p|div|br|li|h\d)\b/iu.test(piece)
      ? fragmentBlocks(piece)
      : piece
          .split(/\n\s*\n|\r\n|\n/u)
          .map((line) => ({
            kind: 'paragraph' as const,
            level: 0,
            text: normaliseLine(decoded(line)),
          }))
          .filter((block) => block.text !== ''),
  );
}

function decoded(text: string): string {
  return /&(?:#\w+|\w+);/u.test(text)
    ? fragmentBlocks(text)
        .map((block) => block.text)
        .join(' ')
    : text;
}

/**
 * The readable text of a page: the model's blocks; when they say next to nothing, Readability's, then
 * all prose, then JSON in the page, then the whole body. The first that is long enough wins, else the
 * longest.
 */
function readableText(
  analysis: PageAnalysis,
  scan: HtmlScan,
  linked: readonly JsonObject[],
): AssembledText {
  const keep = chooseBlocks(analysis, contentProbabilities(analysis.rows));
  const chosen = analysis.blocks.filter((_, index) => keep[index]);
  if (sum(chosen) >= ENOUGH_CHARS) return assembleText(chosen);
  const ways = [
    () =>
      analysis.blocks.filter(
        (block, index) =>
          (analysis.kept[index] ?? 0) > 0.5 && block.linkChars / block.text.length < 0.5,
      ),
    () => proseBlocks(analysis),
    () => jsonBlocks(scan, linked),
    () => wholeBody(analysis),
  ];
  let best: readonly TextBlock[] = chosen;
  for (const way of ways) {
    const found = way();
    if (sum(found) >= ENOUGH_CHARS) {
      best = found;
      break;
    }
    if (sum(found) > sum(best) * 1.5) best = found;
  }
  if (best.length === 0) best = analysis.blocks;
  const assembled = assembleText(best);
  // A page of nothing but headings is still text.
  return assembled.text === ''
    ? assembleText(best.map((block) => ({ ...block, kind: 'paragraph' as const })))
    : assembled;
}

/**
 * An HTML or XHTML page as a document.
 * @param html decoded source, of any size and quality
 * @throws FootnoteError `extract-failed` when the page holds no text at all
 */
export function htmlDocument(html: string, page: FetchedPage): PageDocument {
  const scan = scanHtml(html);
  const document = parseScanned(scan);
  const metadata = pageMetadata(document, scan, page.finalUrl, page.fetchedAt);
  const analysis = analysePage(document, metadata.title, scan, page.finalUrl, metadata.linked);
  const { text, headings } = readableText(analysis, scan, metadata.linked);
  if (text === '') {
    throw new FootnoteError('extract-failed', 'the page holds no text', { stage: 'extract' });
  }
  return {
    url: page.finalUrl,
    title: metadata.title === '' ? text.slice(0, 80).split('\n')[0]! : metadata.title,
    byline: metadata.byline,
    publishedAt: metadata.publishedAt,
    language: detectLanguage(text, metadata.declaredLanguage),
    text,
    headings,
    site: metadata.site,
    canonicalUrl: metadata.canonicalUrl,
    fetchedAt: page.fetchedAt,
  };
}
