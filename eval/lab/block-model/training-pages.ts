/** The pages of `shared/data/extraction-dev` as rows and labels for the block model. */
import { chooseBlocks } from '../../../retriever/extract/choose-blocks.ts';
import { decodeText } from '../../../retriever/extract/decode-text.ts';
import { analysePage, parseScanned } from '../../../retriever/extract/page-analysis.ts';
import { pageMetadata } from '../../../retriever/extract/page-metadata.ts';
import { scanHtml } from '../../../retriever/extract/scan-html.ts';

export interface GoldPage {
  readonly id: string;
  readonly url: string;
  readonly html?: string;
  readonly html_base64?: string;
  readonly gold_text?: string;
  readonly must_contain?: readonly string[];
  readonly must_not_contain?: readonly string[];
}

export interface TrainingPage {
  readonly set: string;
  readonly site: string;
  readonly gold: string | null;
  readonly texts: readonly string[];
  readonly kept: readonly number[];
  /** What the product would keep of its blocks. */
  readonly choose: (probabilities: readonly number[], threshold: number) => readonly boolean[];
  readonly rows: readonly Float32Array[];
  /** Per block: share of its words that the gold holds, or -1 where nothing is known. */
  readonly labels: readonly number[];
}

function htmlOf(page: GoldPage): string {
  if (page.html !== undefined) return page.html;
  return decodeText(Buffer.from(page.html_base64 ?? '', 'base64'), null).text;
}

const tokensOf = (text: string): readonly string[] =>
  text.match(/\p{Script=Han}|[\p{L}\p{N}_]+/gu) ?? [];

/**
 * Aligns blocks with the gold text: a block's label is the share of its tokens covered by shingles
 * (of up to four tokens) that the gold still has to give; each gold shingle is given once, longest
 * blocks first, so that a teaser that repeats the lead is not taken for it.
 */
function labelsFromGold(texts: readonly string[], gold: string): readonly number[] {
  const tokens = tokensOf(gold);
  const budget = new Map<string, number>();
  for (let size = 1; size <= 4; size += 1) {
    for (let index = 0; index + size <= tokens.length; index += 1) {
      const key = tokens.slice(index, index + size).join(' ');
      budget.set(key, (budget.get(key) ?? 0) + 1);
    }
  }
  const goldLines = new Set(gold.split('\n').map((line) => line.trim()));
  const labels = texts.map(() => 0);
  const order = texts
    .map((text, index) => ({ index, size: text.length }))
    .sort((a, b) => b.size - a.size);
  for (const { index } of order) {
    const own = tokensOf(texts[index]!);
    if (own.length === 0) continue;
    const size = Math.min(4, own.length);
    let found = 0;
    const used: string[] = [];
    for (let start = 0; start + size <= own.length; start += 1) {
      const key = own.slice(start, start + size).join(' ');
      if ((budget.get(key) ?? 0) > 0) {
        found += 1;
        used.push(key);
      }
    }
    let label = found / (own.length - size + 1);
    // Very short blocks match by chance; they must be a line of the gold.
    if (
      own.length < 4 &&
      !goldLines.has(texts[index]!.trim()) &&
      !gold.includes(`\n${texts[index]!}`)
    )
      label = own.length < 3 ? 0 : label * 0.5;
    labels[index] = label;
    if (label > 0.5) for (const key of used) budget.set(key, (budget.get(key) ?? 1) - 1);
  }
  return labels;
}

function labelsFromSnippets(texts: readonly string[], page: GoldPage): readonly number[] {
  const flat = (text: string): string => text.replace(/\s+/gu, ' ').trim();
  return texts.map((text) => {
    const has = (snippets: readonly string[] | undefined): boolean =>
      snippets?.some((snippet) => snippet.length > 5 && text.includes(flat(snippet))) === true;
    if (has(page.must_not_contain)) return has(page.must_contain) ? -1 : 0;
    return has(page.must_contain) ? 1 : -1;
  });
}

function siteOf(url: string): string {
  return new URL(url).hostname.replace(/^www\./u, '');
}

export function trainingPage(set: string, page: GoldPage): TrainingPage {
  const scan = scanHtml(htmlOf(page));
  const document = parseScanned(scan);
  const { title, linked } = pageMetadata(document, scan, page.url, '2026-01-01T00:00:00Z');
  const analysis = analysePage(document, title, scan, page.url, linked);
  const texts = analysis.blocks.map((block) => block.text);
  const gold = page.must_contain === undefined ? (page.gold_text ?? '') : null;
  return {
    set,
    site: set === 'readability' ? page.id : siteOf(page.url),
    gold,
    texts,
    kept: analysis.kept,
    choose: (probabilities, threshold) => chooseBlocks(analysis, probabilities, threshold),
    rows: analysis.rows,
    labels: gold === null ? labelsFromSnippets(texts, page) : labelsFromGold(texts, gold),
  };
}
