/**
 * What surrounds a block, as numbers: the container of the page's prose and where the block hangs in
 * it, what else stands in the same branch, pictures before it, and what the page's own JSON says the
 * article is.
 */
import type { PlaceMap, Place } from './block-place.ts';
import type { Block } from './page-blocks.ts';

/** Text under one element. */
interface Sums {
  chars: number;
  linkChars: number;
  keptChars: number;
  /** Characters of prose, weighted by whether Readability kept it. */
  prose: number;
  blocks: number;
}

const CREDIT_LEAD =
  /^(?:in this\b.{0,80}\b(?:photo|picture|image)|file(?: photo)?\b|image(?: source)?\b|photo\b|picture\b|pictured|figure \d|fig\.|video\b|watch\b|listen\b|图[:：一二三四\d]|图为)/iu;

const SUMS = ['characters', 'links', 'kept', 'prose', 'blocks', 'share'] as const;

/** The columns of `containerFeatures`, in their order. */
export const CONTAINER_FEATURES: readonly string[] = [
  'stepsInside',
  ...['branch', 'parent', 'grandparent'].flatMap((place) => SUMS.map((sum) => `${place}:${sum}`)),
  'sinceImage',
  'imageAfter',
  'creditLead',
  'keptProseBefore',
  'keptProseAfter',
  'claimed',
];

/** The deepest place that holds at least this share of the prose is the container. */
const MOST = 0.7;

/**
 * One row a block, to go behind `blockFeatures`.
 * @param kept share of each block that Readability kept
 * @param claimed the article's text by the page's own JSON-LD, or null
 */
export function containerFeatures(
  blocks: readonly Block[],
  places: PlaceMap,
  kept: readonly number[],
  claimed: string | null,
): readonly (readonly number[])[] {
  const sums = new Map<Place, Sums>();
  let prose = 0;
  const weights = blocks.map((block, index) => {
    const chars = block.text.length;
    const isProse =
      chars >= 60 && block.linkChars / chars < 0.4 && /[.!?。！？…]/u.test(block.text);
    return isProse ? chars * (0.05 + (kept[index] ?? 0)) : 0;
  });
  blocks.forEach((block, index) => {
    prose += weights[index] ?? 0;
    for (let place: Place | null = places.of(block.element); place !== null; place = place.above) {
      let sum = sums.get(place);
      if (sum === undefined) {
        sum = { chars: 0, linkChars: 0, keptChars: 0, prose: 0, blocks: 0 };
        sums.set(place, sum);
      }
      sum.chars += block.text.length;
      sum.linkChars += block.linkChars;
      sum.keptChars += block.text.length * (kept[index] ?? 0);
      sum.prose += weights[index] ?? 0;
      sum.blocks += 1;
    }
  });
  let container: Place | null = null;
  for (const [place, sum] of sums) {
    if (sum.prose >= prose * MOST && place.depth >= (container?.depth ?? -1)) container = place;
  }
  const nearest = distances(weights.map((weight, index) => weight > 0 && (kept[index] ?? 0) > 0.5));
  const known = claimed === null ? null : shingles(claimed);
  return blocks.map((block, index) => {
    const own = places.of(block.element);
    const row: number[] = [];
    // The branch: the part right below the container in which the block hangs.
    let branch: Place = own;
    let steps = 0;
    let inside = own === container;
    for (let place: Place | null = own; place !== null && !inside; place = place.above) {
      if (place.above === container) {
        inside = true;
        branch = place;
      }
      steps += 1;
    }
    row.push(inside ? Math.min(10, steps) : -1);
    for (const place of [branch, own.above ?? own, own.above?.above ?? own]) {
      const sum = sums.get(place);
      const chars = Math.max(1, sum?.chars ?? 1);
      row.push(
        Math.log1p(chars),
        (sum?.linkChars ?? 0) / chars,
        (sum?.keptChars ?? 0) / chars,
        (sum?.prose ?? 0) / Math.max(1, prose),
        Math.min(50, sum?.blocks ?? 0),
        block.text.length / chars,
      );
    }
    row.push(
      block.sinceImage,
      blocks[index + 1]?.sinceImage === 0 ? 1 : 0,
      CREDIT_LEAD.test(block.text) ? 1 : 0,
      nearest.before[index] ?? 20,
      nearest.after[index] ?? 20,
      known === null ? -1 : covered(block.text, known),
    );
    return row;
  });
}

/** How many blocks back and ahead the nearest marked one is, 20 at most. */
function distances(marked: readonly boolean[]): {
  readonly before: readonly number[];
  readonly after: readonly number[];
} {
  const scan = (flags: readonly boolean[]): number[] => {
    let distance = 20;
    return flags.map((flag) => {
      const own = distance;
      distance = flag ? 1 : Math.min(20, distance + 1);
      return own;
    });
  };
  return { before: scan(marked), after: scan(marked.toReversed()).toReversed() };
}

const MAX_CHARS = 100_000;

function* pairs(text: string): Generator<string> {
  let last = '';
  for (const [word] of text.slice(0, MAX_CHARS).matchAll(/\p{Script=Han}|[\p{L}\p{N}]+/gu)) {
    if (last !== '') yield `${last} ${word}`;
    last = word;
  }
}

function shingles(text: string): ReadonlySet<string> {
  return new Set(pairs(text));
}

/** Share of a text's word pairs that the other text has. */
function covered(text: string, known: ReadonlySet<string>): number {
  let total = 0;
  let found = 0;
  for (const pair of pairs(text)) {
    total += 1;
    if (known.has(pair)) found += 1;
  }
  return total === 0 ? 0 : found / total;
}
