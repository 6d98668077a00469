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
