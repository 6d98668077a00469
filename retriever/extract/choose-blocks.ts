/** Which blocks of a page are its content: the model's decision, and the rules that surround it. */
import { PLACE_TAG_NAMES, type Place } from './block-place.ts';
import { groupBit } from './class-words.ts';
import { isPostBlock } from './discussion-page.ts';
import { isLeftover } from './leftover-line.ts';
import type { PageAnalysis } from './page-analysis.ts';
import type { Block } from './page-blocks.ts';

/** At or above this probability a block is content; chosen on cross-validated pages. */
const THRESHOLD = 0.5;
/** Below it not even a place amid the text speaks for a list item. */
const LEAST = 0.02;
const MOST_LINKS = 0.3;

const FOREIGN =
  groupBit('nav') |
  groupBit('footer') |
  groupBit('cookie') |
  groupBit('signup') |
  groupBit('social') |
  groupBit('related') |
  groupBit('advert') |
  groupBit('comment') |
  groupBit('sidebar') |
  groupBit('tags');
const FOREIGN_TAGS = ['NAV', 'FOOTER', 'ASIDE', 'FORM', 'HEADER'].reduce(
  (bits, tag) => bits | (1 << PLACE_TAG_NAMES.indexOf(tag)),
  0,
);

type Page = Pick<PageAnalysis, 'blocks' | 'places' | 'discussion'>;

interface Surroundings {
  /** Index of the first and the last kept block that is no heading and not short. */
  readonly first: number;
  readonly last: number;
  /** Does a block hang in the part of the page that holds those two, with nothing foreign between? */
  readonly inside: (block: Block) => boolean;
}

function surroundings(page: Page, kept: readonly boolean[]): Surroundings | null {
  const { blocks, places } = page;
  const isText = (index: number): boolean =>
    kept[index] === true && blocks[index]!.kind !== 'heading' && blocks[index]!.text.length >= 60;
  const first = blocks.findIndex((_, index) => isText(index));
  const last = blocks.findLastIndex((_, index) => isText(index));
  if (first < 0) return null;
  const above = new Set<Place>();
  for (let at: Place | null = places.of(blocks[first]!.element); at !== null; at = at.above) {
    above.add(at);
  }
  let container: Place | null = places.of(blocks[last]!.element);
  if (first === last) container = container.above;
  while (container !== null && !above.has(container)) container = container.above;
  const inside = (block: Block): boolean => {
    const place = places.of(block.element);
    if ((place.tags & ~(container?.tags ?? 0) & FOREIGN_TAGS) !== 0) return false;
    // Encyclopedias call their table of facts a box at the side.
    const foreign = block.kind === 'row' ? FOREIGN & ~groupBit('sidebar') : FOREIGN;
    for (let at: Place | null = place; at !== container; at = at.above) {
      if (at === null || (at.own & foreign) !== 0) return false;
    }
    return true;
  };
  return { first, last, inside };
}

/**
 * One decision a block: the model's, and tables, code and list items that belong to the text though they do
 * not look like prose.
 * @param probabilities the model's
 */
export function chooseBlocks(
  page: Page,
  probabilities: readonly number[],
  threshold = THRESHOLD,
): readonly boolean[] {
  const { blocks, places, discussion } = page;
  const kept = blocks.map((block, index) => {
    if (isLeftover(block, discussion)) return false;
    if ((probabilities[index] ?? 0) >= threshold) return true;
    return discussion && isPostBlock(block, places);
  });
  const around = surroundings(page, kept);
  if (around === null) return kept;
  return blocks.map((block, index) => {
    if (kept[index] === true) return true;
    const amid = index >= around.first && index <= around.last;
    const wanted =
      block.kind === 'row' ||
      (block.kind === 'pre' && amid) ||
      (block.kind === 'item' &&
        amid &&
        block.text.length >= 25 &&
        (probabilities[index] ?? 0) >= LEAST &&
        !isLeftover(block, discussion));
    return wanted && block.linkChars / block.text.length < MOST_LINKS && around.inside(block);
  });
}
