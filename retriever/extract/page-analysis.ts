import { parseHTML } from 'linkedom';
import { blockFeatures } from './block-features.ts';
import { containerFeatures } from './container-features.ts';
import { linkedBody, type JsonObject } from './linked-data.ts';
import { PlaceMap, prunePage } from './block-place.ts';
import { lightenNodes } from './light-nodes.ts';
import { removeHidden } from './hidden-text.ts';
import { isDiscussion } from './discussion-page.ts';
import { pageBlocks, type Block } from './page-blocks.ts';
import { readableShare } from './readable-marks.ts';
import type { HtmlScan } from './scan-html.ts';
import { settleFormulas } from './settle-formulas.ts';
import { parseStyleSheets } from './style-sheet.ts';

export interface PageAnalysis {
  readonly blocks: readonly Block[];
  readonly places: PlaceMap;
  /** Share of each block that Readability kept. */
  readonly kept: readonly number[];
  /** Rows for the block model. */
  readonly rows: readonly Float32Array[];
  readonly discussion: boolean;
}

/** A shorter `articleBody` is a teaser and says nothing about which blocks are the article. */
const LINKED_BODY_CHARS = 400;

const LINKED_SHEET = /<link\b[^>]*\brel\s*=\s*["']?[^"'>]*stylesheet/iu;

lightenNodes();

/** Parses a scanned page. The document is linkedom's; scripts never run. */
export function parseScanned(scan: HtmlScan): Document {
  return parseHTML(scan.html).document;
}

/**
 * Blocks of a page with everything the block model wants to know. Destroys `document`.
 * @param title the page's title, for likeness
 * @param linked the page's JSON-LD objects: an `articleBody` tells which blocks are the article
 */
export function analysePage(
  document: Document,
  title: string,
  scan: HtmlScan,
  url: string,
  linked: readonly JsonObject[],
): PageAnalysis {
  const { body } = document;
  const sheet = parseStyleSheets(scan.styles);
  settleFormulas(body);
  removeHidden(body, { sheet, otherSheets: LINKED_SHEET.test(scan.head) });
  const places = new PlaceMap();
  const blocks = pageBlocks(body, sheet);
  // Places must be known before pruning takes elements off their parents.
  for (const block of blocks) places.of(block.element);
  const discussion = isDiscussion(blocks, places, scan, url);
  prunePage(body, places, discussion);
  const kept = readableShare(document, blocks);
  const around = containerFeatures(blocks, places, kept, linkedBody(linked, LINKED_BODY_CHARS));
  const rows = blockFeatures(blocks, places, kept, title).map((row, index) => {
    const more = around[index] ?? [];
    const whole = new Float32Array(row.length + more.length);
    whole.set(row);
    whole.set(more, row.length);
    return whole;
  });
  return { blocks, places, kept, rows, discussion };
}
