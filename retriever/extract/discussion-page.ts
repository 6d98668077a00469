/**
 * Forum threads and question-and-answer pages: there the posts are the content, not "comments".
 */
import { groupBit } from './class-words.ts';
import type { PlaceMap } from './block-place.ts';
import type { Block } from './page-blocks.ts';
import type { HtmlScan } from './scan-html.ts';

const GENERATOR =
  /name=["']?generator["']?[^>]*content=["']?(?:phpbb|vbulletin|discourse|xenforo|mybb|invision|smf|discuz|flarum|nodebb)|content=["']?(?:phpbb|vbulletin|discourse|xenforo|mybb|discuz|flarum)[^>]*name=["']?generator/iu;
const TYPES = /"@type"\s*:[\s[]*"(?:DiscussionForumPosting|QAPage|Question)"/u;
const PATHS =
  /\/(?:questions\/\d|forums?\/|viewtopic|showthread|threads?[/-]|topic[s/-]|t\/[\w-]+\/\d|thread-\d|comments\/\w+\/|discussion\/\d|question\/\d)/iu;
const WRITER = /author|user-?(?:name|link)|poster(?:$|[\s_-])|nick-?name|by-?line/iu;
const WRITER_CHARS = 40;
const POST = groupBit('post') | groupBit('comment');

/** True when the page is a discussion itself, rather than an article with comments below. */
export function isDiscussion(
  blocks: readonly Block[],
  places: PlaceMap,
  scan: HtmlScan,
  url: string,
): boolean {
  let posts = 0;
  let total = 0;
  for (const block of blocks) {
    if (block.text.length < 60 || block.linkChars > block.text.length / 2) continue;
    total += block.text.length;
    if ((places.of(block.element).any & POST) !== 0) posts += block.text.length;
  }
  const share = total === 0 ? 0 : posts / total;
  if (share < 0.3) return false;
  if (GENERATOR.test(scan.head)) return true;
  // A list of questions and answers below an article (FAQ markup) is not a discussion.
  if (
    scan.linkedData.some(
      (source) => TYPES.test(source) && !/"(?:News)?Article"|BlogPosting/u.test(source),
    )
  )
    return true;
  return PATHS.test(url) && share > 0.5;
}

/** A short line in an element, or one of the two around it, that is named after who wrote the post. */
function isWriter(block: Block): boolean {
  if (block.text.length > WRITER_CHARS || !/\p{L}/u.test(block.text)) return false;
  let element: Element | null = block.element;
  for (let up = 0; up < 3 && element !== null; up += 1, element = element.parentElement) {
    const named = `${element.getAttribute('class') ?? ''} ${element.getAttribute('itemprop') ?? ''}`;
    if (WRITER.test(named)) return true;
  }
  return false;
}

/** True when a block is part of a post of a discussion: its text, or the name of who wrote it. */
export function isPostBlock(block: Block, places: PlaceMap): boolean {
  const place = places.of(block.element);
  if ((place.any & POST) === 0) return false;
  if (
    (place.any &
      (groupBit('related') | groupBit('advert') | groupBit('signup') | groupBit('footer'))) !==
    0
  )
    return false;
  if (isWriter(block)) return true;
  const density = block.linkChars / block.text.length;
  if (block.kind === 'pre') return true;
  return density < 0.5 && (block.text.length >= 25 || /[.!?。！？]$/u.test(block.text));
}
