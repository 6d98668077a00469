/** What a Chinese question speaks of. Without a dictionary: titles in marks, and the head before the predicate. */

const MARKED = /《([^》]{1,40})》|[“「『]([^”」』]{2,40})[”」』]/gu;
/** Time and place phrases before the subject. */
const FRAME =
  /^(?:(?:请问|請問|那么|那麼|那|根据|根據|关于|關於|对于|對於|除了[^，,]{1,40}[，,])|(?:在|从|從|自|到|于|於)?(?:公元前?|西元前?)?[\d〇零一二三四五六七八九十百]+(?:世[纪紀]|年代?|月|日|号|號)(?:[\d一二三四五六七八九十]+(?:月|日|号|號))*(?:[初末底间間中]|以来|以來|之?[后後前]|开始|開始)?[，,]?|(?:在|于|於)[^，,？?]{1,20}(?:中|里|裡|时|時|期间|期間|之?[后後前])[，,])\s*/u;
/** The predicate, or a question word, begins here. */
const PREDICATE =
  /是|在|于|於|有|被|为|為|由|与|與|和|及|从|從|到|把|将|將|曾|共|可以|可能|能|会|會|需|要|以|对|對|向|因|用|谁|誰|什么|什麼|甚麼|哪|何|多|几|幾|怎|如何|主要|通常|一般|目前|现在|現在|最|属|屬|建|成立|位|叫|名|毕业|畢業|出生|死|去世|拍|获|獲|担任|擔任|全长|全長|总长|總長|面积|面積|人口|海拔|长度|長度|高度|深度|宽度|寬度|重量|始建|位居|隶属|隸屬|[，,？?。、：:；;（(]/u;
const QUESTION_WORDS =
  /请问|請問|为什么|為什麼|为何|為何|什么时候|什麼時候|什么|什麼|甚麼|多少|怎么样|怎麼樣|怎么|怎麼|怎样|怎樣|如何|哪一?[年个個种種位些里裡儿兒座所国國]?|谁|誰|何[时時地年处處]?|是否|是不是|有没有|几[个個次位]?|幾[个個次位]?|多[长長高大久远遠深重]|[吗嗎呢吧啊呀？?！!。，、]/gu;
const PARTICLES =
  /^(?:的|了|是|在|有|于|於|为|為|被|由|个|個|位|与|和|都|也|而|则|則|又|就|曾|一|主要)+|(?<![的了是在有于於为為被由和与都呢過过])[的了是在有于於为為被由和与都呢過过]+$/gu;

/** Titles and names in marks first, then the head of the question, then what is left without question words. */
export function chineseTopics(text: string): string[] {
  const topics: string[] = [];
  const add = (topic: string): void => {
    const clean = topic.replace(/(?<![\s，,。？?！!])[\s，,。？?！!]+$/gu, '').trim();
    if (clean.length >= 2 && clean.length <= 24 && !topics.includes(clean)) topics.push(clean);
  };
  let rest = text.trim();
  for (const match of rest.matchAll(MARKED))
    add(match[1] === undefined ? (match[2] ?? '') : `《${match[1]}》`);
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(FRAME, '');
  }
  const at = rest.search(PREDICATE);
  const head = (at < 0 ? rest : rest.slice(0, at)).trim();
  // `大熊猫的食物`: the owner is what is spoken of.
  const owner = head.split('的')[0] ?? '';
  add(owner.length >= 2 ? owner : head);
  if (topics.length === 0) {
    add(contentOf(rest).sort((a, b) => b.length - a.length)[0] ?? '');
  }
  return topics;
}

/** Stretches of a Chinese text that ask nothing and link nothing. */
export function contentOf(text: string): string[] {
  return text
    .split(QUESTION_WORDS)
    .flatMap((part) => part.split(/[，,、\s]/u))
    .map((part) => part.replace(PARTICLES, ''))
    .filter((part) => part !== '');
}
