/**
 * What is known about each block, as numbers, for the learned decision in `block-model.ts`: the text
 * itself, its place in the tree, what Readability made of it, and its neighbours.
 */
import { CLASS_GROUP_NAMES, groupBit } from './class-words.ts';
import { PLACE_TAG_NAMES, type PlaceMap } from './block-place.ts';
import type { Block } from './page-blocks.ts';
import { textCounts, type TextCounts } from './text-counts.ts';

const KINDS = ['paragraph', 'heading', 'item', 'row', 'pre', 'quote', 'caption'] as const;
const PROSE_TAGS = ['P', 'DIV', 'LI', 'SPAN', 'TD', 'A', 'H1', 'H2', 'H3'] as const;

const BOILERPLATE =
  /\b(?:share|follow us|subscribe|sign ?up|newsletter|read (?:more|next|also)|related|advertis|copyright|all rights reserved|click here|cookies?|privacy policy|terms of|log ?in|comments?|most (?:read|popular)|you (?:may|might) (?:also )?like|recommended|trending|download|donate|tweet|facebook|skip to|see also|more (?:from|on|stories)|sponsored|contact us|about us|newsletter|abonn|lesen sie|mehr zum|teilen|kommentar|anzeige|newsletter|copyright|lire aussi|partager|suscr|compart|leer m[aá]s)\b|版权|责任编辑|转载|登录|注册|评论|相关阅读|相关新闻|扫一?码|微信|分享|点击|下载|上一篇|下一篇|广告|举报|收藏|阅读原文|コメント|関連記事|シェア|ログイン/iu;
const CREDIT =
  /\b(?:photo(?:graph)?(?:s|er)?|image|picture|getty|reuters|shutterstock|credit|courtesy|file photo|AP photo|AFP|foto|bild|quelle)\b|©|图片来源|圖片|資料照片/iu;
const BYLINE =
  /^(?:(?:by|von|par|por|di|posted by|written by|author)\b|文[/:|]|作者|记者|來源|来源)/iu;
const DATE =
  /\b(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}|\d{1,2}(?:st|nd|rd|th|\.)? (?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])|ago|\d{1,2}:\d{2})\b|\d{4}年/iu;
const SENTENCE_END = /[.!?…:;。！？」』”"'’)）》]$/u;
const FUNCTION_WORDS = new Set(
  'the of and to in a is that for was with on as it by be are this from had have der die das und ist nicht ein eine mit von zu den im le la les des et est une un que dans pour el los las en del una por con se su il che di per non i o na w z si jest do'.split(
    ' ',
  ),
);
const LONGEST_FUNCTION_WORD = 5;
/** Words of ASCII letters, or one of the commonest characters of Chinese and Japanese. */
const ASCII_WORD = /\w+|[的是在了和有不这我他也就说对は、をがのにで]/gu;

function functionWords(text: string): number {
  let count = 0;
  for (const word of text.match(ASCII_WORD) ?? []) {
    if (word.length > LONGEST_FUNCTION_WORD) continue;
    if (word > '\u007f' || FUNCTION_WORDS.has(word.toLowerCase())) count += 1;
  }
  return count;
}

function logOf(value: number): number {
  return Math.log1p(Math.max(0, value));
}

interface BlockFacts {
  readonly length: number;
  readonly words: number;
  readonly counts: TextCounts;
  readonly linkDensity: number;
  readonly kept: number;
  readonly prose: boolean;
  readonly path: string;
  /** Tag and first class of the block's own element and its parent. */
  readonly kind: string;
}

const TEXT = `length words linkDensity strong capitals digits stops commas sentenceEnd functionWords
  titleCovered titleWords boilerplate credit byline date separators question`;
const POSITION = `depth depthGap listDepth pathShare keptPathShare kindShare keptKindShare`;
const AROUND = `kept keptBefore keptAfter keptTwoBefore keptTwoAfter keptNear proseNear prose proseBefore
  proseAfter lengthBefore lengthAfter linksBefore linksAfter samePathBefore samePathAfter headingKept
  headingBoilerplate sinceHeading sinceFirstKept beforeLastKept sinceTitle before keptShare keptTotal
  repeats`;

/** The columns of `blockFeatures`, in their order. */
export const BLOCK_FEATURES: readonly string[] = [
  ...TEXT.split(/\s+/u),
  ...KINDS.map((kind) => `kind:${kind}`),
  ...PROSE_TAGS.map((tag) => `tag:${tag}`),
  ...PLACE_TAG_NAMES.map((tag) => `under:${tag}`),
  ...CLASS_GROUP_NAMES.map((group) => `class:${group}`),
  ...POSITION.split(/\s+/u),
  ...AROUND.split(/\s+/u),
];

/** Input of the model: one row of numbers, in a fixed order, per block. */
export function blockFeatures(
  blocks: readonly Block[],
  places: PlaceMap,
  /** Share of each block's text that Readability kept, 0..1. */
  kept: readonly number[],
  title: string,
): readonly (readonly number[])[] {
  const facts = blocks.map((block, index): BlockFacts => {
    const sample = block.text.slice(0, SAMPLE_CHARS);
    const counts = textCounts(sample);
    const words =
      ((counts.words + counts.unspaced / 2) * block.text.length) / Math.max(1, sample.length);
    const { path } = places.of(block.element);
    return {
      length: block.text.length,
      words,
      counts,
      linkDensity: block.linkChars / Math.max(1, block.text.length),
      kept: kept[index] ?? 0,
      prose:
        words >= 12 &&
        block.linkChars / block.text.length < 0.4 &&
        (counts.ends > 0 || /[.!?。！？…]/u.test(block.text.slice(SAMPLE_CHARS))),
      path,
      kind: path.split('/').slice(-2).join('/'),
    };
  });
  const page = pageFacts(blocks, facts, places);
  const titleWords = new Set(wordsOf(title));
  return blocks.map((block, index) => {
    const row: number[] = [];
    pushText(row, block, facts[index]!, titleWords);
    pushPlace(row, block, facts[index]!, places, page);
    pushNeighbours(row, blocks, facts, index, page);
    return row;
  });
}

/** Longer blocks are judged by their beginning. */
const SAMPLE_CHARS = 5_000;

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/\p{Script=Han}|[\p{L}\p{N}]+/gu) ?? [];
}

interface PageFacts {
  readonly total: number;
  readonly keptTotal: number;
  readonly firstKept: number;
  readonly lastKept: number;
  readonly firstHeading: number;
  readonly depthOfProse: number;
  /** Share of the page's prose under each tag path, and among kept prose. */
  readonly pathShare: ReadonlyMap<string, number>;
  readonly keptPathShare: ReadonlyMap<string, number>;
  /** The same by the block's own tag and class alone: how much of such prose there is, and is kept. */
  readonly kindSize: ReadonlyMap<string, number>;
  readonly keptKindSize: ReadonlyMap<string, number>;
  readonly repeats: ReadonlyMap<string, number>;
  /** Characters before each block. */
  readonly before: readonly number[];
}

function pageFacts(
  blocks: readonly Block[],
  facts: readonly BlockFacts[],
  places: PlaceMap,
): PageFacts {
  let total = 0;
  let keptTotal = 0;
  let prose = 0;
  let keptProse = 0;
  let depthSum = 0;
  const before: number[] = [];
  const path = new Map<string, number>();
  const keptPath = new Map<string, number>();
  const kindSize = new Map<string, number>();
  const keptKindSize = new Map<string, number>();
  const repeats = new Map<string, number>();
  facts.forEach((fact, index) => {
    before.push(total);
    total += fact.length;
    keptTotal += fact.length * fact.kept;
    const text = blocks[index]!.text.slice(0, 200);
    repeats.set(text, (repeats.get(text) ?? 0) + 1);
    if (!fact.prose) return;
    prose += fact.length;
    kindSize.set(fact.kind, (kindSize.get(fact.kind) ?? 0) + fact.length);
    path.set(fact.path, (path.get(fact.path) ?? 0) + fact.length);
    if (fact.kept < 0.5) return;
    keptProse += fact.length;
    keptKindSize.set(fact.kind, (keptKindSize.get(fact.kind) ?? 0) + fact.length);
    keptPath.set(fact.path, (keptPath.get(fact.path) ?? 0) + fact.length);
    depthSum += places.of(blocks[index]!.element).depth * fact.length;
  });
  const keptIndex = (fact: BlockFacts): boolean => fact.kept >= 0.5 && fact.prose;
  const share = (map: Map<string, number>, whole: number): Map<string, number> =>
    new Map([...map].map(([key, value]) => [key, value / Math.max(1, whole)]));
  return {
    total,
    keptTotal,
    firstKept: facts.findIndex(keptIndex),
    lastKept: facts.findLastIndex(keptIndex),
    firstHeading: blocks.findIndex((block) => block.kind === 'heading' && block.level === 1),
    depthOfProse: depthSum / Math.max(1, keptProse),
    pathShare: share(path, prose),
    keptPathShare: share(keptPath, keptProse),
    kindSize: share(kindSize, prose),
    keptKindSize: share(keptKindSize, keptProse),
    repeats,
    before,
  };
}

function pushText(
  row: number[],
  block: Block,
  fact: BlockFacts,
  titleWords: ReadonlySet<string>,
): void {
  const text = block.text.length > SAMPLE_CHARS ? block.text.slice(0, SAMPLE_CHARS) : block.text;
  const words = wordsOf(text.slice(0, 400));
  const inTitle = words.filter((word) => titleWords.has(word)).length;
  const { capitals, digits, stops, commas } = fact.counts;
  const functional = functionWords(text.slice(0, 400));
  row.push(
    logOf(fact.length),
    logOf(fact.words),
    fact.linkDensity,
    block.strongChars / Math.max(1, fact.length),
    capitals / Math.max(1, Math.min(fact.words, text.length)),
    digits / Math.max(1, text.length),
    stops,
    commas / Math.max(1, fact.words),
    SENTENCE_END.test(text) ? 1 : 0,
    functional / Math.max(1, Math.min(fact.words, 80)),
    inTitle / Math.max(1, titleWords.size),
    inTitle / Math.max(1, words.length),
    BOILERPLATE.test(text.slice(0, 120)) ? 1 : 0,
    CREDIT.test(text.slice(-120)) ? 1 : 0,
    BYLINE.test(text) ? 1 : 0,
    DATE.test(text.slice(0, 80)) ? 1 : 0,
    /[|·•»›→]/u.test(text) ? 1 : 0,
    /[?？]$/u.test(text) ? 1 : 0,
  );
}

function pushPlace(
  row: number[],
  block: Block,
  fact: BlockFacts,
  places: PlaceMap,
  page: PageFacts,
): void {
  const place = places.of(block.element);
  for (const kind of KINDS) row.push(block.kind === kind ? 1 : 0);
  for (const tag of PROSE_TAGS) row.push(block.element.tagName === tag ? 1 : 0);
  for (let index = 0; index < PLACE_TAG_NAMES.length; index += 1)
    row.push((place.tags >> index) & 1);
  for (const group of CLASS_GROUP_NAMES) {
    const bit = groupBit(group);
    // 0 absent, 1 far above, 2 near, 3 on the element itself.
    row.push(
      (place.own & bit) !== 0 ? 3 : (place.near & bit) !== 0 ? 2 : (place.any & bit) !== 0 ? 1 : 0,
    );
  }
  row.push(
    place.depth,
    place.depth - page.depthOfProse,
    block.listDepth,
    page.pathShare.get(fact.path) ?? 0,
    page.keptPathShare.get(fact.path) ?? 0,
    page.kindSize.get(fact.kind) ?? 0,
    page.keptKindSize.get(fact.kind) ?? 0,
  );
}

function pushNeighbours(
  row: number[],
  blocks: readonly Block[],
  facts: readonly BlockFacts[],
  index: number,
  page: PageFacts,
): void {
  const fact = facts[index]!;
  let keptNear = 0;
  let proseNear = 0;
  for (let offset = -4; offset <= 4; offset += 1) {
    if (offset === 0) continue;
    keptNear += facts[index + offset]?.kept ?? 0;
    proseNear += facts[index + offset]?.prose === true ? 1 : 0;
  }
  const before = facts[index - 1];
  const after = facts[index + 1];
  let lastHeading = index;
  while (lastHeading >= 0 && index - lastHeading < 12 && blocks[lastHeading]!.kind !== 'heading')
    lastHeading -= 1;
  const heading = blocks[lastHeading]?.kind === 'heading' ? blocks[lastHeading] : undefined;
  row.push(
    fact.kept,
    before?.kept ?? 0,
    after?.kept ?? 0,
    facts[index - 2]?.kept ?? 0,
    facts[index + 2]?.kept ?? 0,
    keptNear,
    proseNear,
    fact.prose ? 1 : 0,
    before?.prose === true ? 1 : 0,
    after?.prose === true ? 1 : 0,
    logOf(before?.length ?? 0),
    logOf(after?.length ?? 0),
    before?.linkDensity ?? 1,
    after?.linkDensity ?? 1,
    before?.path === fact.path ? 1 : 0,
    after?.path === fact.path ? 1 : 0,
    heading === undefined ? 0 : facts[lastHeading]!.kept,
    heading !== undefined && BOILERPLATE.test(heading.text) ? 1 : 0,
    index - lastHeading,
    page.firstKept < 0 ? 0 : Math.max(-20, Math.min(20, index - page.firstKept)),
    page.lastKept < 0 ? 0 : Math.max(-20, Math.min(20, page.lastKept - index)),
    page.firstHeading < 0 ? 0 : Math.max(-20, Math.min(20, index - page.firstHeading)),
    (page.before[index] ?? 0) / Math.max(1, page.total),
    page.keptTotal / Math.max(1, page.total),
    logOf(page.keptTotal),
    Math.min(5, page.repeats.get(blocks[index]!.text.slice(0, 200)) ?? 1),
  );
}
