/** The words of a question that say what it is about: for checks that a rewriting lost none. */
import { tokenize } from '../../core/tokens.ts';

const FUNCTION_WORDS = new Set(
  `a an the of in on at by to for from with about as into and or but so also then is are was were be been
  being am do does did done has have had can could will would shall should may might must who whom whose
  what which when where why how much many long often far old i you me my your we our us they them their
  theirs it its he him his she her hers this that these those there here please tell explain describe give
  show name called s t not no than if`
    .split(/\s+/u)
    .filter((word) => word !== ''),
);
const HAN_FUNCTION = new Set(
  '的了是在有和与與及或呢吗嗎吧啊呀么麼什哪谁誰怎样樣多少几幾个個何为為因被把对對从從向于於就都也很又还還要能会會可以不没沒这這那其之它他她们們我你您请問问牠祂该該此',
);

/** Stems of words, and single Han characters, without function words; each once, in order. */
export function keywordsOf(text: string): string[] {
  const words = tokenize(text, { stem: true })
    .filter(({ text: word, unspaced }) =>
      unspaced ? !HAN_FUNCTION.has(word) : !FUNCTION_WORDS.has(word),
    )
    .map(({ text: word }) => word);
  return [...new Set(words)];
}
