export type Wanted = 'date' | 'number' | 'name' | 'any';

/** What kind of thing the question asks for. */
export function wantedKind(question: string): Wanted {
  if (
    /\b(?:when|(?:what|which) (?:year|date|day|month|decade|century))\b|何时|何時|什么时候|什麼時候|哪一?[年天日]|几年|幾年|什么年代/iu.test(
      question,
    )
  )
    return 'date';
  if (
    /\bhow (?:many|much|long|old|far|tall|high|big|fast|large|deep|often)\b|\bwhat (?:percent\w*|number|amount)\b|多少|几[个個名次人岁歲位条條]|幾[個名次人歲位條]|多[长長大高远遠久]|第几|第幾/iu.test(
      question,
    )
  )
    return 'number';
  if (
    /\bwho(?:se|m)?\b|\bwhere\b|谁|誰|何人|哪位|哪里|哪裡|何处|何處|哪[个個](?:国家|國家|城市|地方)/iu.test(
      question,
    )
  )
    return 'name';
  return 'any';
}

const NUMBER =
  /\d|[〇零一二三四五六七八九十百千万亿两兩半]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|half|quarter|third|once|twice|none|few|several|many|free|no)\b/iu;
const TIME =
  /\d|[〇零一二三四五六七八九十年月日时時]|世纪|世紀|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|\w+days?|spring|summer|autumn|fall|winter|century|decade|era|age|before|after|during|since|until|when|while|once|as soon|early|late|morning|noon|evening|night|midnight|dawn|dusk|ago|year|month|week|daily|always|never)\b/iu;

/**
 * Does a text that should answer lack what was asked for altogether: a time for *when*, a number for *how
 * many*, a name or a doer for *who*? Names can be told in English only.
 */
export function lacksWanted(question: string, text: string): boolean {
  const wanted = wantedKind(question);
  if (wanted === 'date') return !TIME.test(text);
  if (wanted === 'number') return !NUMBER.test(text);
  if (wanted !== 'name' || !/^\s*who\b/iu.test(question)) return false;
  const known = new Set(question.toLowerCase().match(/\p{L}+/gu));
  const names = text.match(/\p{Lu}[\p{L}\p{M}'’-]*/gu) ?? [];
  return (
    !/\bby (?!the time\b)\p{L}/iu.test(text) &&
    names.every((name) => known.has(name.toLowerCase()) || COMMON_STARTS.test(name))
  );
}

const COMMON_STARTS = /^(?:the|a|an|it|its|in|on|at|this|that|these|those|there|he|she|they|i)$/iu;
