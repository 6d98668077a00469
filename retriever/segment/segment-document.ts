/**
 * Documents to passages: whole sentences, 40 to 120 words (two characters of an unspaced script count
 * as one word), never across a heading. A passage may begin with its headings; a sentence that leans on
 * the one before ("It was …") stays with it where that costs little. What belongs together stays together
 * up to 180 words: a list and the words that lead in to it, the rows of a table, code and the sentence
 * before it, a question and its answer.
 */
import type { Document, Passage } from '../../src/core/nouns.ts';
import { splitSentences, type Span } from '../../src/core/sentences.ts';
import { countWords } from '../../src/core/tokens.ts';
import { heldToTheLast } from './held-together.ts';

const LEAST_WORDS = 40;
const MOST_WORDS = 120;
/** Of what belongs together. */
const MOST_HELD = 180;
/** From here on a break before an independent sentence is taken. */
const GOOD_WORDS = 90;

const LEANS =
  /^["'“‘(]?(?:(?:It|Its|He|His|She|Her|They|Their|Them|This|That|These|Those|Such|However|Therefore|Thus|Instead|Moreover|Furthermore|Also|But|And|Then|There)\b|[其他她它这該该此這牠]|因此|但是|然而|所以|而且|之后|之後|随后|隨後|同时|同時|并且|並且)/u;

interface Sentence extends Span {
  readonly words: number;
  readonly opensParagraph: boolean;
  readonly leans: boolean;
  /** Belongs to what stands right before it. */
  readonly held: boolean;
}

/**
 * Cuts a document into passages, in order. What stands between two passages is white space only, so
 * together they cover the text.
 * @param documentIndex number of the document within one answer; makes the passages' ids unique
 */
export function segmentDocument(document: Document, documentIndex: number): Passage[] {
  const { text } = document;
  const headings = document.headings
    .filter(({ start, end }) => start >= 0 && start < end && end <= text.length)
    .toSorted((a, b) => a.start - b.start);
  const passages: Passage[] = [];
  const path: { level: number; text: string }[] = [];
  let section: Span[] = [];
  let sectionStart: number | null = null;
  let next = 0;

  const close = (): void => {
    if (section.length > 0) {
      const headingPath = path.map((heading) => heading.text);
      packSentences(text, section).forEach((span, index) => {
        const start = index === 0 ? (sectionStart ?? span.start) : span.start;
        passages.push({
          id: `${documentIndex}:${start}`,
          document,
          start,
          end: span.end,
          text: text.slice(start, span.end),
          headingPath,
        });
      });
      sectionStart = null;
    }
    section = [];
  };

  for (const sentence of splitSentences(text)) {
    let isHeading = false;
    for (let heading = headings[next]; heading !== undefined; heading = headings[next]) {
      if (heading.start >= sentence.end) break;
      next += 1;
      isHeading = true;
      close();
      sectionStart ??= sentence.start;
      while ((path.at(-1)?.level ?? 0) >= heading.level) path.pop();
      path.push({ level: heading.level, text: text.slice(heading.start, heading.end).trim() });
    }
    const current = headings[next - 1];
    if (isHeading || (current !== undefined && sentence.start < current.end)) continue;
    section.push(sentence);
  }
  const tail = sectionStart;
  close();
  // Headings with nothing under them at the end of the text are a passage of their own.
  if (tail !== null && sectionStart !== null) {
    const end = text.trimEnd().length;
    passages.push({
      id: `${documentIndex}:${String(tail)}`,
      document,
      start: tail,
      end,
      text: text.slice(tail, end),
      headingPath: path.map((heading) => heading.text),
    });
  }
  return passages;
}

/** Groups the sentences of one section. */
function packSentences(text: string, spans: readonly Span[]): Span[] {
  const sentences = describe(text, spans);
  const groups: Span[] = [];
  let left = sentences.reduce((sum, sentence) => sum + sentence.words, 0);
  let words = 0;
  let start = -1;
  let end = -1;
  // Words from each sentence to the end of its paragraph.
  const paragraphRest = sentences.map(() => 0);
  for (let index = sentences.length - 1; index >= 0; index -= 1) {
    const after = sentences[index + 1];
    const rest = after === undefined || after.opensParagraph ? 0 : (paragraphRest[index + 1] ?? 0);
    paragraphRest[index] = rest + (sentences[index]?.words ?? 0);
  }
  sentences.forEach((sentence, index) => {
    if (start >= 0 && breaksBefore(sentence, words, left, paragraphRest[index] ?? 0)) {
      groups.push({ start, end });
      start = -1;
      words = 0;
    }
    if (start < 0) start = sentence.start;
    end = sentence.end;
    words += sentence.words;
    left -= sentence.words;
  });
  if (start >= 0) groups.push({ start, end });
  return groups;
}

function breaksBefore(
  sentence: Sentence,
  words: number,
  left: number,
  paragraphRest: number,
): boolean {
  if (words + sentence.words > (sentence.held ? MOST_HELD : MOST_WORDS)) return true;
  if (sentence.held) return false;
  if (words < LEAST_WORDS) return false;
  // What would be left alone is too short to stand by itself and still fits here.
  if (left < LEAST_WORDS && words + left <= MOST_WORDS) return false;
  if (sentence.opensParagraph) return true;
  if (words + paragraphRest <= MOST_WORDS) return false;
  // The paragraph must be cut: evenly, and not before a sentence that leans on the last one.
  const even = (words + paragraphRest) / Math.ceil((words + paragraphRest) / MOST_WORDS);
  return !sentence.leans && (words >= GOOD_WORDS || words >= even);
}

function describe(text: string, spans: readonly Span[]): Sentence[] {
  const parts = spans.map((span, index) => {
    const before = spans[index - 1];
    const content = text.slice(span.start, span.end);
    const opensParagraph =
      before !== undefined && /\n\s*\n/u.test(text.slice(before.end, span.start));
    return { text: content, words: countWords(content), opensParagraph };
  });
  const held = heldToTheLast(parts);
  return spans.map((span, index) => {
    const { text: content = '', words = 0, opensParagraph = false } = parts[index] ?? {};
    return {
      ...span,
      words,
      opensParagraph,
      leans: LEANS.test(content),
      held: held[index] ?? false,
    };
  });
}
