/**
 * A question without what people put around it: greetings, "could you please explain to me", 请问,
 * "Könnten Sie mir sagen"; and with the slips in its asking words mended ("waht is", "diffrence").
 * English, Chinese, German, French, Spanish, Italian and Japanese.
 */

const SUBJECT = String.raw`(?:you|u|someone|anyone|somebody|anybody)`;
const TELL = String.raw`(?:(?:please|kindly|quickly|briefly|maybe|perhaps)\s+)*(?:tell|show|explain|describe|give|say|help|advise)(?:\s+(?:to\s+)?(?:me|us)(?:\s+(?:understand|with|out))?)?`;
const POLITE_START: readonly RegExp[] = [
  /^(?:hi|hello|hey|dear all|good (?:morning|afternoon|evening))(?:\s+(?:there|all|everyone|everybody|guys))?\s*[,.!:-]+\s*/iu,
  new RegExp(
    String.raw`^(?:(?:please|pls|plz|kindly|so|ok|okay|well|now)[,\s]+)?(?:can|could|would|will)\s+${SUBJECT}\s+(?:be so kind (?:as )?to\s+)?${TELL}\s*[,:]?\s+(?=\S)`,
    'iu',
  ),
  /^(?:(?:please|pls|plz|kindly)[,\s]+)?(?:tell|explain to|show)\s+(?:me|us)\s*[,:]?\s+(?=(?:how|what|why|when|where|who|which|whether|if|about)\b)/iu,
  /^(?:(?:please|pls|plz|kindly)[,\s]+)(?:explain|describe)\s+(?=(?:how|what|why|when|where|who|which)\b)/iu,
  /^i(?:['’]d| would)?\s+(?:like|love|want|need|wish)\s+to\s+(?:know|understand|learn|find out|ask)\s*(?:about\s+)?[,:]?\s*(?=(?:how|what|why|when|where|who|which|whether|if)\b)/iu,
  /^(?:i(?:['’]m| am| was)?\s+(?:just\s+)?(?:wonder(?:ing)?|curious|trying to (?:understand|find out|figure out))|do you (?:happen to )?know|any idea|does any(?:one|body) know|may i ask|i have a question)\s*[,:.-]*\s*(?=\S)/iu,
  /^(?:please|pls|plz|kindly)[,\s]+/iu,
  /^(?:(?:你好|您好|大家好|嗨|哈喽)[，,！!。\s]*)+/u,
  /^(?:请问一下|请问|请教一下|请教|想请问|想问一下|想问|我想知道|我想了解|想知道|麻烦问一下|麻烦(?:您|你)?|劳驾|谁能告诉我|有谁知道|有人知道|(?:你|您)?(?:能不能|能否|可以|可不可以|能)(?:请)?(?:帮我|给我|为我|跟我|和我)?(?:告诉我|解释一下|说明一下|讲讲|说说|介绍一下|查一下|解释|说明|告诉)|请(?:你|您)?(?:告诉我|帮我(?:查|看|找)一下|解释一下|说明一下|简单介绍一下|介绍一下|说说|讲讲))[，,：:\s]*/u,
  /^(?:hallo|guten (?:tag|morgen|abend)|servus|moin)\s*[,.!]+\s*/iu,
  /^(?:bitte[,\s]+)?(?:k(?:ö|oe)nn(?:en|t)(?:en)? (?:sie|ihr)|kannst du|k(?:ö|oe)nntest du|kann mir jemand|wei(?:ß|ss) jemand|ich (?:m(?:ö|oe)chte|w(?:ü|ue)rde|will) (?:gerne? )?(?:wissen|erfahren))\s*(?:mir|uns)?\s*(?:bitte)?\s*(?:sagen|erkl(?:ä|ae)ren|verraten|helfen)?\s*[,:]?\s*(?=\S)/iu,
  /^(?:bonjour|salut|bonsoir)\s*[,.!]+\s*/iu,
  /^(?:s['’]il (?:vous|te) pla[iî]t[,\s]+)?(?:pouvez-vous|pourriez-vous|peux-tu|pourrais-tu|quelqu['’]un peut-il|je (?:voudrais|veux|souhaite|souhaiterais) savoir)\s*(?:me |m['’]|nous )?(?:dire|expliquer|aider|indiquer)?\s*[,:]?\s*(?=\S)/iu,
  /^¿?\s*(?:hola|buenos d[ií]as|buenas tardes)\s*[,.!]+\s*/iu,
  /^¿?\s*(?:por favor[,\s]+)?(?:puede[sn]?|podr[ií]a[sn]?|me gustar[ií]a saber|quisiera saber|quiero saber)\s*(?:decirme|explicarme|explicar|ayudarme|decir)?\s*[,:]?\s*(?=(?:qu[eé]|c[oó]mo|cu[aá]|qui[eé]n|d[oó]nde|por qu[eé]|si)\b)/iu,
  /^(?:ciao|buongiorno|buonasera|salve)\s*[,.!]+\s*/iu,
  /^(?:per favore[,\s]+)?(?:puoi|può|potresti|potrebbe|vorrei sapere|mi piacerebbe sapere)\s*(?:dirmi|spiegarmi|aiutarmi)?\s*[,:]?\s*(?=\S)/iu,
  /^(?:すみませんが?|こんにちは|恐れ入りますが?)[、,。\s]*/u,
];
const POLITE_END: readonly RegExp[] = [
  /[\s,]+(?:please|pls|plz|thanks(?: a lot| in advance)?|thank you(?: very much| so much)?|many thanks|cheers)\s*(?=[.!?]*$)/iu,
  /[，,\s]*(?:谢谢(?:大家|您|你)?|多谢|感谢|谢了|求助|求解|在线等)\s*(?=[。.!！?？]*$)/u,
  /[\s,]+(?:bitte|danke(?: sch(?:ö|oe)n)?|merci(?: d['’]avance)?|s['’]il (?:vous|te) pla[iî]t|gracias|por favor|grazie|per favore)\s*(?=[.!?]*$)/iu,
  /(?:について|を|か)?(?:教えて(?:ください|下さい)|説明して(?:ください|下さい)|知りたいです|お願いします)(?=[。.!！?？]*$)/u,
];

/** Slips in asking words; each is no word of English. */
const SLIPS: Readonly<Record<string, string>> = {
  waht: 'what',
  whta: 'what',
  hwat: 'what',
  wat: 'what',
  whats: 'what is',
  'what’s': 'what is',
  "what's": 'what is',
  hwo: 'how',
  hoW: 'how',
  wich: 'which',
  whcih: 'which',
  whihc: 'which',
  wihch: 'which',
  whos: 'who is',
  "who's": 'who is',
  'who’s': 'who is',
  wehn: 'when',
  whne: 'when',
  wehre: 'where',
  wher: 'where',
  whree: 'where',
  wyh: 'why',
  whi: 'why',
  diffrence: 'difference',
  diference: 'difference',
  differance: 'difference',
  differnce: 'difference',
  comparision: 'comparison',
  explian: 'explain',
  explane: 'explain',
  defintion: 'definition',
  definiton: 'definition',
  meanning: 'meaning',
  avarage: 'average',
  advantanges: 'advantages',
  disadvantanges: 'disadvantages',
};
const SLIP = /(?<![\p{L}'’-])[\p{L}]{3,15}(?:['’]s)?(?![\p{L}'’-])/gu;

/** Pure; a question that is nothing but politeness stays as it is. */
export function plainQuestion(question: string): string {
  let text = question.trim().replace(/\s+/gu, ' ');
  for (let again = true; again;) {
    again = false;
    for (const pattern of POLITE_START) {
      const rest = text.replace(pattern, '');
      if (rest !== text && rest.length > 2) {
        text = rest;
        again = true;
      }
    }
  }
  for (const pattern of POLITE_END) {
    const rest = text.replace(pattern, '').trim();
    if (rest.length > 2) text = rest;
  }
  return mended(text);
}

/** Only what stands where an asking word may: the first words of a clause, and nouns of asking anywhere. */
function mended(text: string): string {
  return text.replace(SLIP, (word, at: number) => {
    const found = Object.hasOwn(SLIPS, word.toLowerCase()) ? SLIPS[word.toLowerCase()] : undefined;
    if (found === undefined) return word;
    const leads = at === 0 || /(?:^|[,.;:?!]|\band)\s*$/iu.test(text.slice(0, at));
    if (!leads && /^(?:what|how|wh)/u.test(found)) return word;
    return /^\p{Lu}/u.test(word) ? found.charAt(0).toUpperCase() + found.slice(1) : found;
  });
}
