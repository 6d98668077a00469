/**
 * `[n]` marks in texts: those a model wrote, and those a page (Wikipedia) brings along. They are taken
 * out of sentences; where they stood is kept, so that a hint or an offset can be found again.
 */

export interface StrippedText {
  readonly text: string;
  /** For each UTF-16 unit of `text` (and its end): its offset in the source. */
  readonly offsets: readonly number[];
  /** Marks that were taken out: place in `text`, and their numbers. */
  readonly marks: readonly { readonly at: number; readonly numbers: readonly number[] }[];
}

/** `[1]`, `[1, 2]`, `[1-3]`, `【1】`, `[note 3]`, `[citation needed]`, `[a]`. */
const MARK =
  /(?<!\s)\s*(?:\[\s*(?:(?:note|nb|n|fn|注|註)\s*)?(?<list>\d{1,3}(?:\s*[,，、;–-]\s*\d{1,3})*)\s*\]|【\s*(?<han>\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)(?:†[^】]{0,40})?\s*】|\[(?:citation needed|来源请求|來源請求|[a-z])\])/giu;

/** Takes every mark out of a text. */
export function stripMarks(source: string): StrippedText {
  const offsets: number[] = [];
  const marks: { at: number; numbers: number[] }[] = [];
  let text = '';
  let last = 0;
  const keep = (to: number): void => {
    for (let index = last; index < to; index += 1) offsets.push(index);
    text += source.slice(last, to);
  };
  for (const match of source.matchAll(MARK)) {
    keep(match.index);
    last = match.index + match[0].length;
    const list = match.groups?.['list'] ?? match.groups?.['han'] ?? '';
    marks.push({ at: text.length, numbers: list.match(/\d+/gu)?.map(Number) ?? [] });
  }
  keep(source.length);
  offsets.push(source.length);
  return { text, offsets, marks };
}
