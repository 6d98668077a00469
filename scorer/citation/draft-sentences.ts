/**
 * The sentences of a draft, cleaned of what small models add: `[n]` marks (kept as hints), list
 * bullets, bold marks, `Answer:`, `According to reference 1,`, and a last sentence that was cut off.
 */
import type { Draft } from '../../src/core/nouns.ts';
import { splitSentences } from '../../src/core/sentences.ts';
import { stripMarks } from './citation-marks.ts';

export interface DraftSentence {
  readonly text: string;
  /** Reference numbers the model wrote beside the sentence, in 1..k. */
  readonly hints: readonly number[];
}

const LEAD =
  /^(?:(?:[-*•·]|\d{1,2}[.)、])\s+|#{1,6}\s+|(?:final\s+)?answer\s*[:：]\s*|答案?(?:是)?[:：]\s*|(?:according to|based on|as stated in|per)\s+(?:the\s+)?(?:(?:given|provided|above)\s+)?(?:references?|sources?|passages?|texts?|context|evidence|information)(?:\s+(?:given|provided|above|no\.?)|\s*\[?\d+\]?)*\s*[,:，]\s*|(?:根据|依据|按照)(?:上述|以上|所给|给定|提供的|给出的)*(?:参考资料|参考文献|参考|资料|文本|材料|信息|内容)(?:\s*\[?\d*\]?)*\s*[，,:：]?\s*)+/iu;
/** "The sources say that …": what follows is the claim. */
const SAYS =
  /^(?:the\s+)?(?:(?:given|provided)\s+)?(?:sources?|texts?|passages?|references?)\s+(?:also\s+|clearly\s+|explicitly\s+)?(?:say|state|mention|tell|indicate|note|explain)s?(?:\s+us)?\s+(?:that\s+)|^(?:资料|来源|文中|原文)(?:中|里)?(?:还|也)?(?:明确)?(?:提到|指出|说明|显示|表明|说)(?:了)?[，,:：]?\s*/iu;
const CLOSED = /[.!?…。！？"”’」』)）]$/u;
const HAN_END = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u;

/**
 * Cleans one sentence; empty when nothing of substance is left.
 * @param keepsCode true: the backticks around code stay
 */
export function cleanSentence(source: string, keepsCode = false): string {
  const text = source
    .replace(/\s+/gu, ' ')
    .replace(keepsCode ? /\*\*/gu : /\*\*|__|`/gu, '')
    .replace(LEAD, '')
    .replace(SAYS, '')
    .trim()
    .replace(/(?<!\s)\s+([.,;:!?])/gu, '$1');
  if (!/[\p{L}\p{N}]/u.test(text)) return '';
  const first = text.charAt(0);
  // A lead that was taken off leaves a lower-case start.
  const opened =
    text === source.trim() || !/\p{Ll}/u.test(first) ? text : first.toUpperCase() + text.slice(1);
  if (CLOSED.test(opened)) return opened;
  const bare = opened.replace(/[,;:，；：、]$/u, '');
  return bare + (HAN_END.test(bare) ? '。' : '.');
}

/** @param count number of references: hints outside 1..count are dropped */
export function draftSentences(draft: Draft, count: number): DraftSentence[] {
  const stripped = stripMarks(draft.text);
  const spans = splitSentences(stripped.text);
  const cut =
    draft.finishReason === 'length' && spans.length > 1 && !CLOSED.test(stripped.text.trim());
  return (cut ? spans.slice(0, -1) : spans).flatMap(({ start, end }) => {
    const text = cleanSentence(stripped.text.slice(start, end));
    if (text === '' || /[?？]$/u.test(text)) return [];
    const hints = stripped.marks
      .filter(({ at }) => at > start && at <= end + 1)
      .flatMap(({ numbers }) => numbers)
      .filter((number) => number >= 1 && number <= count);
    return [{ text, hints: [...new Set(hints)] }];
  });
}
