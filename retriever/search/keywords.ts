/**
 * Keywords of a question, for engines that require every word to be on the page (MediaWiki) and for
 * the local index: question words, auxiliaries, articles and the like go, the order stays.
 */
const ENGLISH = new Set(
  `a an the of in on at by to for from with about as into and or is are was were be been being am do does
  did done has have had can could will would shall should may might must who whom whose what which when
  where why how many much long often far old i you me my your we our us they them their it its he his him
  she her hers this that these those there here please tell explain describe give show find know
  called name named ve s t re ll m d`
    .split(/\s+/u)
    .filter((word) => word !== ''),
);

/** Chinese question phrases and particles, longest first so that `为什么` goes before `什么`. */
const CHINESE =
  /请问|请告诉我|告诉我|为什么|为甚么|為什麼|什么时候|什麼時候|什么样|什么|什麼|甚麼|多少|怎么样|怎麼樣|怎么|怎麼|怎样|怎樣|如何|哪一年|哪一个|哪一個|哪里|哪裡|哪儿|哪些|哪个|哪個|哪位|哪|谁的|誰的|谁|誰|何时|何時|是否|是不是|有没有|有沒有|几个|幾個|多久|多大|多长|多高|多远|[吗嗎呢吧啊呀]|[？！，。、；：“”‘’《》（）]/gu;
const JAPANESE =
  /いつ|どこ|だれ|誰|なに|何ですか|なぜ|どうして|どのように|どのくらい|いくつ|ですか|ますか|とは|でしょうか|[？。、「」]/gu;

/**
 * Keywords of `text`, joined by blanks; the text itself when nothing would be left. Words in quotation
 * marks are the asker's own choice and stay.
 */
export function keywords(text: string): string {
  const quoted: string[] = [];
  const rest = text.replace(/"([^"]{2,})"/gu, (_, phrase: string) => {
    quoted.push(`"${phrase.trim()}"`);
    return ` \ue000${quoted.length - 1} `;
  });
  const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(rest);
  const words = rest
    .replace(kana ? JAPANESE : CHINESE, ' ')
    // A verb between what is asked and what it is asked about: 红楼梦 的 作者 是.
    .replace(/(?<=\p{Script=Han})(?:的|是|了)(?=\s|$|\p{Script=Han}{2})/gu, kana ? '$&' : ' ')
    .replace(/(?<=^|\s)[是由被在](?=\p{Script=Han}{2})/gu, kana ? '$&' : ' ')
    .split(/\s+/u)
    .map((word) =>
      word.replace(/^[^\p{L}\p{N}\ue000]+|(?<![^\p{L}\p{N}+#])[^\p{L}\p{N}+#]+$/gu, ''),
    )
    .map((word) => word.replace(/['’](?:s|re|ve|ll|d|m|t)$/iu, ''))
    .filter((word) => word !== '' && !isFunctionWord(word));
  const kept = words.map((word) => {
    const place = /^\ue000(\d+)$/u.exec(word);
    return place === null ? word : (quoted[Number(place[1])] ?? '');
  });
  return kept.length === 0 ? text.trim() : kept.join(' ');
}

/** Lower-case function words only: `IT`, `WHO` and `US` in capitals are names. */
function isFunctionWord(word: string): boolean {
  const folded = word.toLowerCase();
  if (!ENGLISH.has(folded)) return false;
  return word === folded || word === folded[0]?.toUpperCase() + folded.slice(1);
}
