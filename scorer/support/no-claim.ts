/** Sentences of an answer that claim nothing about the world: they can be neither supported nor false. */

/** The answer speaks of its sources, not of the world. */
const SOURCES_ARE_SILENT =
  /\b(?:sources?|references?|texts?|passages?|documents?|articles?|information)\b[^.]{0,60}\b(?:do(?:es)?|did|is|are|was|were|has|have) ?(?:not|n[’']t|no)\b[^.]{0,40}\b(?:say|state|mention|specif\w+|provide|contain|include|give|tell|discuss|address|describe|explain|name|list|available|clear)|\b(?:no|not enough|insufficient) (?:information|mention|details?|evidence|data)\b[^.]{0,60}\b(?:source|reference|text|passage|document|article|provided|available|given)|(?:来源|资料|文中|文本|文章|参考|原文|信息)[^。]{0,20}(?:没有|未|并未|不)[^。]{0,6}(?:提到|提及|说明|给出|包含|指出|提供|说)/iu;
/** A line that only announces what follows. */
const LEAD_IN = /[:：]\s*$/u;
const ANNOUNCES =
  /^(?:here (?:are|is)|the following|these are|this is|以下|如下)|\b(?:following|follows|below|steps?|reasons?|as such)\b[^.]{0,40}[:：]\s*$|(?:如下|以下)[^。]{0,20}[:：]\s*$/iu;

/** @param text the sentence without citation marks; `words` how many words (or characters of Chinese) it has */
export function isNoClaim(text: string, words: number): boolean {
  const bare = text.trim();
  if (words === 0 || !/[\p{L}\p{N}]/u.test(bare)) return true;
  if (SOURCES_ARE_SILENT.test(bare)) return true;
  if (LEAD_IN.test(bare)) return words <= 8 || ANNOUNCES.test(bare);
  return /^#{1,6}\s/u.test(bare);
}
