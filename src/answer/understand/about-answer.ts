/**
 * Messages about the last answer: what one of its sources says besides, whether it is certain, and that
 * something else was meant. They are searched for in vain as they stand.
 */

export type AboutAnswer =
  | {
      readonly kind: 'source';
      /** Of the source in the last answer. */
      readonly number: number;
      /** What of it is asked for; null: whatever it says besides. */
      readonly about: string | null;
    }
  | { readonly kind: 'doubt' }
  | { readonly kind: 'correction'; readonly meant: string };

/** Longer messages say more than this. */
const MOST_CHARACTERS = 300;
const LEAD = String.raw`^(?:(?:and|so|but|ok(?:ay)?|please|hm+|well|wait|really)[\s,.!?]+){0,3}`;
const END = String.raw`[\s?？.!。！]*$`;
const ORDINALS: Readonly<Record<string, number>> = {
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  一: 1,
  二: 2,
  三: 3,
  四: 4,
  五: 5,
};
const SOURCE = String.raw`(?:(?:the |your )?(?:source|reference|citation|link) ?(?:no\.? ?|number |#)?\[?(\d{1,2})\]?|\[(\d{1,2})\]|the (first|second|third|fourth|fifth) (?:source|reference|citation|page|link|article|result))`;
const SAYS = String.raw`(?: (?:say|tell|state|mention|report|write|add|contain|hold|have to say)s?)?(?: us)?`;
const ENGLISH_SOURCE = new RegExp(
  String.raw`${LEAD}(?:what (?:else |more |other things )?(?:does|do|did|is in|is on|can i read in) |tell me (?:more |what else )?(?:is )?(?:about |from |in )?|(?:quote|show me|summari[sz]e|read(?: me)?) (?:more (?:of|from) )?)${SOURCE}${SAYS}(?: (?:about|on) (.{2,120}?))?(?: (?:else|more|besides|as well|too|apart from that|other than that))?${END}`,
  'iu',
);
const CHINESE_SOURCE =
  /^(?:请问|那么?)?(?:第)?(?:来源|來源|出处|引用|参考)?\s*[[【]?(\d{1,2}|[一二三四五])[\]】]?\s*(?:个|条|篇)?(?:来源|來源|出处|引用|参考|网页|文章)?(?:里面?|中)?(?:还)?(?:说|讲|写|提到|有)(?:了|的)?(?:些)?(?:什么|哪些|啥)(?:内容|别的|其他)?[\s?？。！]*$/u;
const DOUBT = new RegExp(
  String.raw`${LEAD}(?:are you (?:really |quite |absolutely )?(?:sure|certain|positive)|is (?:that|this|it) (?:really )?(?:right|correct|true|so|accurate|certain)|(?:can|could) you (?:please )?(?:double[- ]?check|check|verify)|(?:double[- ]?check|check|verify))(?: (?:about |of )?(?:that|this|it))?(?: again)?${END}|${LEAD}really${END}|^(?:你)?(?:真的)?(?:确定|確定|肯定)(?:吗|嗎|么)?${END}|^(?:这是|這是)?真的(?:吗|嗎)${END}|^(?:是这样|是這樣|对|對)(?:吗|嗎)${END}`,
  'iu',
);
const MEANT = String.raw`(?:meant|mean|was (?:asking|talking) about|asked about|am (?:asking|talking) about)`;
const CORRECTIONS: readonly RegExp[] = [
  new RegExp(
    String.raw`^(?:no|nope|sorry|wrong|actually)[\s,.!]+(?:but )?i ${MEANT} (.{2,150}?)${END}`,
    'iu',
  ),
  new RegExp(
    String.raw`^(?:no|nope|sorry|wrong|actually)[\s,.!]+(.{2,150}?)[\s,]+(?:is|was|are|were) (?:the (?:one|ones|person|place|thing)|what|who|whom)(?: that| who| which)? i ${MEANT}${END}`,
    'iu',
  ),
  new RegExp(String.raw`^i (?:meant|was asking about) (.{2,150}?)${END}`, 'iu'),
  new RegExp(String.raw`^(?:no[\s,.!]+)?not .{2,100}?[\s,]+but (.{2,150}?)${END}`, 'iu'),
  new RegExp(
    String.raw`^(?:不|不是|不对|不對|错了|錯了)?[\s，,。！]*我(?:想)?(?:说|說|指|问|問)的是(.{2,60}?)${END}`,
    'u',
  ),
  new RegExp(String.raw`^不是.{1,40}?[，,]\s*(?:而)?是(.{2,60}?)${END}`, 'u'),
];

/** Null for a message that is about anything else. Pure. */
export function aboutAnswer(message: string): AboutAnswer | null {
  const text = message.trim();
  if (text.length > MOST_CHARACTERS) return null;
  const english = ENGLISH_SOURCE.exec(text);
  if (english !== null) {
    const [, digits, bare, ordinal, about] = english;
    const number = Number(digits ?? bare) || (ORDINALS[(ordinal ?? '').toLowerCase()] ?? 0);
    return { kind: 'source', number, about: about ?? null };
  }
  const chinese = CHINESE_SOURCE.exec(text);
  if (chinese !== null && /来源|出处|引用|参考|网页|文章|[[【]/u.test(text)) {
    const [, word = ''] = chinese;
    return { kind: 'source', number: ORDINALS[word] ?? Number(word), about: null };
  }
  if (DOUBT.test(text)) return { kind: 'doubt' };
  for (const pattern of CORRECTIONS) {
    const meant = pattern.exec(text)?.[1]?.trim();
    if (meant !== undefined && meant !== '') return { kind: 'correction', meant };
  }
  return null;
}

/** The list of sources that clients show below an answer, or send back with it. */
const SOURCE_LIST =
  /\n[ \t]{0,8}(?:#{1,4} |\*\*)?(?:sources?|references?|citations?|来源|出处|参考(?:资料|来源)?)[ \t]{0,8}[:：]?(?:\*\*)?[ \t]{0,8}[:：]?[ \t]{0,8}\r?\n/iu;

/** An earlier answer without the list of its sources. */
export function withoutSourceList(answer: string): string {
  const at = answer.search(SOURCE_LIST);
  return at < 0 ? answer : answer.slice(0, at).trimEnd();
}

/** The address of source `number` in the list below an answer; null where there is none. */
export function listedSource(answer: string, number: number): string | null {
  const at = answer.search(SOURCE_LIST);
  if (at < 0) return null;
  for (const line of answer.slice(at).split('\n')) {
    const listed = /^\s*(?:[-*]\s*)?(?:\[(\d{1,2})\]|(\d{1,2})[.):])\s/u.exec(line);
    if (listed === null || Number(listed[1] ?? listed[2]) !== number) continue;
    const url = /https?:\/\/[^\s<>"'）)\]]+/u.exec(line)?.[0];
    if (url !== undefined && URL.canParse(url)) return url;
  }
  return null;
}
