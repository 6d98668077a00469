/**
 * What a question wants measured or told, and whether a sentence has such a thing: a number with a
 * fitting unit beside a related word, a counted noun, a full name, the words of a definition. English
 * and Chinese, by small tables; Chinese text is folded to Simplified first.
 */
import { foldHan, tokenize } from './tokens.ts';

interface Measure {
  readonly asked: RegExp;
  /** Stands right after a number (or right before it, for money and per cent). */
  readonly unit: RegExp;
  /** Words that name the quantity in a sentence. */
  readonly words: RegExp;
}

const N = String.raw`(?:\d[\d.,]*|[一二三四五六七八九十百千万亿两半]+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|half)(?:[\s-]*(?:hundred|thousand|million|billion|trillion|[十百千万亿余多]+))*[\s-]*`;
const unit = (english: string, chinese: string): RegExp =>
  new RegExp(`${N}(?:(?:${english})(?![\\p{L}])|(?:${chinese}))`, 'iu');
const LENGTH = unit(
  'm|km|cm|mm|ft|mi|nm|met(?:er|re)s?|kilomet(?:er|re)s?|centimet(?:er|re)s?|millimet(?:er|re)s?|miles?|feet|foot|inch(?:es)?|yards?|fathoms?|light[- ]years?|stor(?:ey|y|ie)s?|blocks?',
  '公里|千米|英里|英尺|米|厘米|公分|毫米|公尺|海里|光年|里|丈|尺|层',
);
const TIME_SPAN = unit(
  'years?|months?|weeks?|days?|hours?|minutes?|seconds?|decades?|centur(?:y|ies)|min|hrs?|year-old|generations?',
  '个?(?:多)?(?:年|月|小时|钟头|星期|周|世纪)|岁|天|日|分钟|秒',
);
const AREA = unit(
  'km2|km²|m2|m²|acres?|hectares?|ha|sq\\.?|square|sqft',
  '平方|公顷|亩|英亩|立方|万平',
);
const MASS = unit(
  'kg|g|mg|lbs?|oz|t|tons?|tonnes?|pounds?|kilograms?|kilos?|grams?|ounces?|carats?',
  '公斤|千克|克|吨|斤|磅|毫克',
);
const SPEED = unit(
  'km\\/h|kph|mph|knots?|m\\/s|mach|(?:kilomet(?:er|re)s?|miles?|met(?:er|re)s?|feet|km|m)\\s(?:per|an?|\\/)\\s?\\w+|[kmgt]?bits?\\/s',
  '(?:公里|千米|米|英里)(?:[每\\/／]|的时速)|节|马赫',
);
const MONEY = new RegExp(
  String.raw`[$£€¥￥]\s?\d|${N}(?:dollars?|pounds?|euros?|yen|yuan|francs?|marks?|cents?|usd|rmb)(?!\p{L})|${N}(?:美|日|港|欧|台|新台|英)?(?:元|圆|镑|法郎|卢布|两)`,
  'iu',
);
const PERCENT = new RegExp(
  String.raw`\d\s?[%％]|${N}(?:per\s?cent|percent(?:age)?|fifths?|thirds?|quarters?|tenths?)(?!\p{L})|百分之|[一二三四五六七八九十]分之|\b(?:half|third|quarter|majority)\b|[成半]`,
  'iu',
);
const DEGREES = new RegExp(
  String.raw`°|℃|℉|${N}(?:degrees?|kelvin|celsius)(?!\p{L})|\d\s?(?:度|摄氏)`,
  'iu',
);
const ANY = new RegExp(N, 'iu');

/** In the order in which they are tried; the first that is asked counts. */
const MEASURES: readonly Measure[] = [
  {
    asked: /\bhow deep\b|\bdepth\b|多深|深度|深几|深多少/iu,
    unit: LENGTH,
    words: /\b(?:deep(?:er|est)?|depths?|below|beneath)\b|深/iu,
  },
  {
    asked:
      /\bhow (?:tall|high)\b|\bheight\b|\belevation\b|\baltitude\b|多高|海拔|高度|高几|高多少|身高/iu,
    unit: LENGTH,
    words:
      /\b(?:tall(?:er|est)?|high(?:er|est)?|heights?|elevations?|altitudes?|above|rises?|peak|stands?)\b|高|海拔/iu,
  },
  {
    asked:
      /\bhow (?:wide|broad|thick)\b|\b(?:width|diameter|thickness)\b|多宽|宽度|直径|厚度|多厚/iu,
    unit: LENGTH,
    words: /\b(?:wide|width|broad|across|diameter|thick(?:ness)?)\b|宽|直径|厚/iu,
  },
  {
    asked: /\bhow far\b|\bdistance\b|多远|距离/iu,
    unit: LENGTH,
    words: /\b(?:far|distances?|away|from|between|range)\b|距|远|离/iu,
  },
  {
    asked: /\bhow fast\b|\bspeeds?\b|速度|时速|多快/iu,
    unit: SPEED,
    words: /\b(?:speeds?|fast(?:er|est)?|velocity|rate)\b|速|快/iu,
  },
  {
    asked: /\bhow heavy\b|\bweigh(?:s|ed|t)?\b|\bmass\b|多重|重量|体重|质量/iu,
    unit: MASS,
    words: /\b(?:weigh(?:s|ed|ing|t)?|mass|heav(?:y|ier|iest))\b|重|质量/iu,
  },
  {
    asked: /\bhow (?:hot|cold|warm)\b|\btemperatures?\b|温度|气温|多少度|水温|沸点|熔点/iu,
    unit: DEGREES,
    words: /\b(?:temperatures?|hot|cold|warm|boil\w*|melt\w*|heat\w*)\b|温|热|冷|沸|熔/iu,
  },
  {
    asked:
      /\b(?:percent(?:age)?|per cent|proportion|fraction)\b|百分之|百分比|比例|几成|占.{0,12}多少|多少%/iu,
    unit: PERCENT,
    words: /\b(?:of|percent(?:age)?|proportion|share|rate)\b|占|比/iu,
  },
  {
    asked:
      /\bhow much (?:money|did|does|do|was|is|were|are|has|had|will|would)\b|\b(?:cost|costs|price|worth|budget|salary|revenue|paid|pay|spend|spent|fee|income|gdp)\b|多少(?:钱|元|美元|英镑|资金|亿元|万元)|耗资|花费|造价|票价|价格/iu,
    unit: MONEY,
    words:
      /\b(?:cost\w*|pric\w*|worth|budget\w*|sold|sell\w*|paid|pay\w*|spen[dt]\w*|fees?|revenue|income|million|billion|valued?)\b|资|费|价|售|值/iu,
  },
  {
    asked: /\barea\b|\bhow (?:big|large)\b|面积|占地|多大/iu,
    unit: new RegExp(`${AREA.source}|${LENGTH.source}|${TIME_SPAN.source}`, 'iu'),
    words:
      /\b(?:areas?|covers?|covering|square|size|large(?:st)?|big(?:gest)?|occup\w+|total)\b|面积|占地|大|岁/iu,
  },
  {
    asked: /\bhow old\b|\bwhat age\b|\bage of\b|几岁|多少岁|年龄|年纪/iu,
    unit: TIME_SPAN,
    words: /\b(?:old|ages?|aged|born|since|date[sd]?)\b|岁|年龄|历史/iu,
  },
  {
    asked:
      /\bhow long (?:did|does|do|has|have|had|will|would|ago|after|before|until|can|must|should)\b|\bhow (?:often|frequently)\b|\bduration\b|多久|多长时间|几个?(?:年|月|小时|天|日|分钟|星期|世纪)/iu,
    unit: TIME_SPAN,
    words:
      /\b(?:for|last(?:s|ed|ing)?|during|after|take[sn]?|took|every|within|over|until|ago)\b|历时|持续|长达|经过|后|为期/iu,
  },
  {
    asked: /\bhow long\b|\blength\b|多长|长度|全长|长多少|长几/iu,
    unit: new RegExp(`${LENGTH.source}|${TIME_SPAN.source}`, 'iu'),
    words:
      /\b(?:long(?:er|est)?|lengths?|lasts?|lasted|for|runs?|stretch\w*|spans?|took|takes)\b|长|历时/iu,
  },
  {
    asked: /\bpopulation\b|人口/iu,
    unit: ANY,
    words: /\b(?:populations?|people|inhabitants|residents|census)\b|人口|居民|人/iu,
  },
];

const COUNTED =
  /\bhow many (?:of (?:the|its|his|her|their) )?(?:different |other |more |total |separate )?([\p{L}-]+)(?:\s([\p{L}-]+))?|(?:多少|几)(?:[个名位种座条艘架所家次枚件]|人次)?\s?([\p{Script=Han}]{1,4})?/iu;
const CALLED =
  /\b(?:called|named?|known as|term(?:ed)?|nick-?named?|refer(?:red)? to|titled?|dubbed|abbreviat\w+|stand for|mean)\b|[又也俗简别旧古原全]称|称为|被称|叫做?|名为|名叫|名称|名字|什么名|称作|称之|别名|何名/iu;
const DEFINES =
  /\b(?:called|named|known as|termed|nicknamed|referred to as|titled|dubbed|abbreviated|stands for|means)\b|[又也俗简别旧古原全]称|称为|被称|叫做?|名为|名叫|称作|称之|别名|命名|意为|[（(][A-Za-z]/iu;
const WHAT_YEAR = /\b(?:what|which) year\b|哪一?年|何年|几几年|哪年/iu;
const FULL_DATE =
  /\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\s\d|\b\d{1,2}(?:st|nd|rd|th)?\s(?:January|February|March|April|May|June|July|August|September|October|November|December)|\d\s?年\s?\d+\s?月|\d+\s?月\s?\d+\s?日/u;
const A_YEAR =
  /(?<![\d.,])(?:1\d{3}|20[0-2]\d|[1-9]\d{2}(?=\s?(?:年|AD|BC|CE)))(?![\d,])|[一二三四五六七八九〇零]{4}年|元年|(?<![一二三四五六七八九十])[一二三四五六七八九十]+年/u;
/** Two capitalised words or more, or a title and a name, or a name in another script between dots. */
const PERSON =
  /(?:\b(?:Mr|Mrs|Ms|Dr|Sir|Lord|Lady|King|Queen|Prince|Princess|Emperor|Pope|President|General|Saint|St|Captain|Professor|Bishop|Duke|Count)\.?\s)?\p{Lu}[\p{Ll}’'-]+(?:\s(?:\p{Lu}\.|de|van|von|der|la|le|al-|bin|of)){0,2}\s\p{Lu}[\p{L}’'-]+/gu;
const HAN_PERSON =
  /[\p{Script=Han}]{1,5}[·‧•][\p{Script=Han}]{1,6}|(?:由|是|为|与|和|、|，|被|让|给|向|任|家|者|师|王|帝|长|人|员|授)(?:[赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁马方任袁柳史唐薛雷贺汤罗毕郝安常于傅齐康伍余顾孟黄穆萧尹姚邵汪毛戴宋庞熊纪项祝董梁杜蓝季贾江郭梅林徐邱高夏蔡田樊胡霍万卢丁邓洪包石崔吉龚程裴陆翁段侯武刘龙叶白蒲温庄柴阎连习艾容向古易廖耿曾关赖谭欧阳司马诸葛][\p{Script=Han}]{1,2})/gu;
const PRONOUN_LED =
  /^["'“‘(（「]?(?:(?:It|Its|He|His|She|Her|They|Their|This|That|These|Those|Such|The (?:latter|former|same))\b|[他她它牠该此这]|其(?!他|中|余|实))/u;

/** What one question wants, worked out once. */
export interface WantedAnswer {
  readonly measure: Measure | null;
  /** Where the question names that measure (`How deep`), UTF-16 offsets; null without one. */
  readonly named: { readonly start: number; readonly end: number } | null;
  /** Stems and characters of what "how many …" counts. */
  readonly counted: ReadonlySet<string>;
  readonly name: boolean;
  readonly year: boolean;
  readonly person: boolean;
  readonly folded: string;
}

/** Pure; linear in the question's length. */
export function wantedAnswer(question: string, kind: string): WantedAnswer {
  const folded = foldHan(question);
  const counted = COUNTED.exec(folded);
  const measure = MEASURES.find(({ asked }) => asked.test(folded)) ?? null;
  const named = measure?.asked.exec(folded) ?? null;
  return {
    measure,
    named: named === null ? null : { start: named.index, end: named.index + named[0].length },
    counted: new Set(
      tokenize(counted?.slice(1).join(' ') ?? '', { stem: true }).map(({ text }) => text),
    ),
    name: CALLED.test(folded),
    year: WHAT_YEAR.test(folded),
    person: kind === 'person',
    folded: folded.toLowerCase(),
  };
}

export const ANSWER_TYPE_FEATURES = [
  'measure',
  'measureWords',
  'counted',
  'naming',
  'dating',
  'persons',
  'pronounLed',
  'quoted',
] as const;

/** One row of `ANSWER_TYPE_FEATURES`: -1 missing, 0 not asked, above 0 there. */
export function answerTypeFeatures(wanted: WantedAnswer, sentence: string): number[] {
  const text = foldHan(sentence);
  const { measure } = wanted;
  const measured = measure === null ? 0 : measure.unit.test(text) ? 1 : -1;
  const worded = measure === null ? 0 : measure.words.test(text) ? 1 : -1;
  return [
    measured,
    worded + (measured > 0 && worded > 0 ? 1 : 0),
    countedNear(wanted.counted, text),
    wanted.name ? (DEFINES.test(text) ? 1 : -1) : 0,
    wanted.year ? (A_YEAR.test(text) ? 1 : -1) : FULL_DATE.test(text) ? 0.5 : 0,
    persons(wanted, text),
    PRONOUN_LED.test(text) ? 1 : 0,
    /["“「『《][^"”」』》]{2,40}["”」』》]/u.test(text) ? 1 : 0,
  ];
}

/** Does the sentence lean on the one before for its subject? */
export const isPronounLed = (sentence: string): boolean => PRONOUN_LED.test(foldHan(sentence));

/** A number with the counted noun within the next few words. */
function countedNear(counted: ReadonlySet<string>, text: string): number {
  if (counted.size === 0) return 0;
  let since = 99;
  let found = false;
  let best = -1;
  for (const token of tokenize(text, { stem: true })) {
    const number =
      /^\d|^[一二三四五六七八九十百千万亿两]$/u.test(token.text) || NUMBER_WORD.has(token.text);
    since = number ? 0 : since + 1;
    if (!number && counted.has(token.text)) {
      found = true;
      if (since <= 5) best = 1;
    }
  }
  return best > 0 ? 1 : found ? 0 : -1;
}

const NUMBER_WORD = new Set(
  'one two three four five six seven eight nine ten eleven twelv twenti thirti forti fifti hundr thousand million billion dozen sever'.split(
    ' ',
  ),
);

/** Names of persons that the question does not have, up to 3. */
function persons(wanted: WantedAnswer, text: string): number {
  const names = [...text.matchAll(PERSON), ...text.matchAll(HAN_PERSON)].filter(
    ([name]) => !wanted.folded.includes(name.toLowerCase()),
  );
  if (!wanted.person) return 0;
  return names.length === 0 ? -1 : Math.min(3, names.length);
}
