/**
 * Which sentences belong to what stands right before them: the items of a list to the words that lead in
 * to it, a row of a table to the row before, code to the sentence that introduces it, an answer to its
 * question. Told by the text alone, so that it works for every kind of document.
 */
interface Part {
  readonly text: string;
  readonly words: number;
  readonly opensParagraph: boolean;
}

/** Words of an item of a list, at most; a longer paragraph after a colon is no item. */
const ITEM_WORDS = 40;
/** Words of a question that stands by itself, at most. */
const QUESTION_WORDS = 25;

const LEADS_IN =
  /[:：]["'”’)\]]?$|\b(?:as follows|the following|these are|for example|such as)[.:]?$|如下[。：]?$/iu;
const ROW = / \| /u;
const ASKS = /[?？]["'”’)\]]?$/u;
const SYMBOLS = /[{}()[\];=<>$`\\/_|&*#"'+~^@%]/gu;
const PROMPT = /^\s*(?:\$ |>>> |\.\.\. |# |% |PS>|sudo |git |npm |pip |SELECT |INSERT |CREATE )/u;
/** Share of a line's characters that are symbols, from which on it is code. */
const CODE_SHARE = 0.08;

/** One answer for each sentence of a section, in order; the first is never held. */
export function heldToTheLast(parts: readonly Part[]): boolean[] {
  const code = parts.map(({ text }) => isCode(text));
  let inList = false;
  return parts.map((part, at) => {
    const before = parts[at - 1];
    if (before === undefined) return false;
    if (!part.opensParagraph) {
      // Lines of one block of code; ordinary sentences of a paragraph may be parted.
      return code[at] === true && code[at - 1] === true;
    }
    const leads = LEADS_IN.test(before.text);
    const item = part.words <= ITEM_WORDS && isWholeParagraph(parts, at);
    inList = item && (leads || inList) && !(ASKS.test(part.text) && !leads);
    return (
      leads ||
      inList ||
      code[at] === true ||
      (ROW.test(part.text) && ROW.test(before.text)) ||
      (ASKS.test(before.text) &&
        before.words <= QUESTION_WORDS &&
        isWholeParagraph(parts, at - 1) &&
        !ASKS.test(part.text))
    );
  });
}

/** True for a paragraph of one sentence. */
function isWholeParagraph(parts: readonly Part[], at: number): boolean {
  const next = parts[at + 1];
  return (at === 0 || parts[at]?.opensParagraph === true) && (next?.opensParagraph ?? true);
}

function isCode(text: string): boolean {
  if (PROMPT.test(text)) return true;
  if (/[.。!?？！]$/u.test(text) || ROW.test(text)) return false;
  const symbols = text.match(SYMBOLS)?.length ?? 0;
  return symbols >= 3 && symbols / text.length >= CODE_SHARE;
}
