/**
 * Sources that disagree: when another page answers the same question with another number, date or name,
 * both are reported, each as its source has it and with its date. The newer one leads when the question is
 * about now. What is taken for a disagreement has to be one: the same things asked about in both
 * sentences, the same kind of answer, and neither page knowing the other's.
 */
import type { CitedAnswer, EvidenceSentence, Reference } from '../../src/core/nouns.ts';
import { assemble, type LooseSentence } from '../citation/assemble.ts';
import { namesOf } from '../support/features.ts';
import { checkQuantities, readQuantities, YEAR_KEY, type Quantity } from '../support/quantities.ts';
import { knowsName, profileOf, type TextProfile } from '../support/text-profile.ts';
import { isAboutNow } from './about-now.ts';
import { missingOf, sameSpan, spanOf, statedQuantities } from '../abstain/answerable-features.ts';
import { quotedSentence, sourceDate, sourceName } from '../selection/quoted-sentence.ts';
import { wantedKind } from '../selection/wanted-kind.ts';

/** Least share of the question that both sentences, with their titles, have to cover. */
const ON_TOPIC = 0.66;
/** A sentence whose evidence score is a smaller share of the best one's answers something else. */
const NEAR_SHARE = 0.2;
/** Numbers that differ by less agree: `about 190,000` and `187,450`. */
const SAME_NUMBER = 0.03;
/** Of names both answer spans must be certain, because names differ for many reasons. */
const SURE_NAME = { answerable: 0, span: 0.2, longest: 40 } as const;

interface Claim {
  readonly reference: Reference;
  readonly sentence: EvidenceSentence;
  readonly profile: TextProfile;
  readonly title: TextProfile;
  /** What the cross-encoder points at, where that lies in the sentence. */
  readonly span: string;
}

/** Words that only ask: no sentence answers with them. */
const ASKING =
  /现在|現在|目前|当前|當前|如今|今年|有?多(?:少|高|长|長|大|深|远|遠|重|宽|寬|久|快)|什么|什麼|哪一?[个個年天位座]?|几[个個年]?|幾[個年]?|谁|誰|何时|何時|何[年地人]|[是的吗嗎呢]/gu;

interface Question {
  readonly text: string;
  readonly profile: TextProfile;
  /** The question without its asking words, in scripts that have no spaces. */
  readonly subject: TextProfile;
}

/**
 * The answer with the other side reported, or as it was where no source contradicts it.
 * @param best its first sentence is what the other sources are held against
 */
export function reportDisagreement(
  best: CitedAnswer,
  references: readonly Reference[],
  questionText: string,
  language: string,
): CitedAnswer {
  const subject = profileOf(questionText.replace(ASKING, ' '));
  const question = { text: questionText, profile: profileOf(questionText), subject };
  const [lead] = best.sentences;
  const [citation] = lead?.citations ?? [];
  const own = references.find(({ number }) => number === citation?.reference);
  if (lead === undefined || citation === undefined || own === undefined) return best;
  const cited = own.evidence.find(({ start, end }) => start < citation.end && citation.start < end);
  if (cited === undefined) return best;
  const mine = claimOf(own, cited);
  const other = references
    .filter(({ url, number }) => url !== own.url && number !== own.number)
    .flatMap((reference) =>
      reference.evidence
        .filter(({ score }) => score >= NEAR_SHARE * cited.score)
        .map((sentence) => claimOf(reference, sentence)),
    )
    .filter((claim) => onTopic(claim, question) && onTopic(mine, question))
    .toSorted((a, b) => b.sentence.score - a.sentence.score)
    .find((claim) => contradict(mine, claim, question));
  if (other === undefined) return best;
  const quote = quotedSentence(other.sentence, other.reference);
  if (quote === null) return best;
  const sides = [
    { sentence: { text: lead.text, citations: lead.citations }, reference: own },
    { sentence: quote, reference: other.reference },
  ];
  const [a, b] = sides.map(({ reference }) => sourceDate(reference));
  if (
    a !== null &&
    b !== null &&
    a !== undefined &&
    b !== undefined &&
    b > a &&
    isAboutNow(questionText)
  ) {
    sides.reverse();
  }
  const sentences = sides.map(({ sentence, reference }, place) =>
    attributed(sentence, reference, place === 0, language),
  );
  const text = sentences.map((one) => one.text).join(' ');
  return assemble({ ...best.draft, kind: 'combined', text }, sentences);
}

function claimOf(reference: Reference, sentence: EvidenceSentence): Claim {
  const { answerSpan } = reference;
  const within =
    answerSpan !== undefined &&
    answerSpan.start >= sentence.start &&
    answerSpan.end <= sentence.end;
  return {
    reference,
    sentence,
    profile: profileOf(sentence.text),
    title: profileOf(reference.title),
    span: within ? spanOf(reference) : '',
  };
}

/** Does the sentence, under its title, speak of all that the question names and of most of what it says? */
function onTopic({ profile, title }: Claim, { profile: question, subject }: Question): boolean {
  const quantities = [...profile.quantities, ...title.quantities];
  if (checkQuantities(statedQuantities(question), quantities).missing.length > 0) return false;
  if (namesOf(question).some((name) => !knowsName(name, profile) && !knowsName(name, title)))
    return false;
  return missingOf(subject, [profile, title]).share >= ON_TOPIC;
}

function contradict(mine: Claim, other: Claim, question: Question): boolean {
  const kind = wantedKind(question.text);
  if (kind === 'date' || kind === 'number') return differentQuantity(mine, other, question, kind);
  if (mine.span === '' || other.span === '') return false;
  const numbers = [mine, other].map(({ span }) =>
    readQuantities(span).some(({ strict }) => strict),
  );
  if (numbers[0] === true && numbers[1] === true) {
    return differentQuantity(mine, other, question, 'number');
  }
  return numbers[0] === numbers[1] && differentName(mine, other, question);
}

const isDate = (key: string): boolean =>
  /^(?:month|decade|century):/u.test(key) || YEAR_KEY.test(key);

/** What answers the question in a claim: the quantities of the span, else the only fresh one of its kind. */
function answerQuantities(claim: Claim, question: Question, kind: 'date' | 'number'): Quantity[] {
  const fits = ({ key, unit, strict }: Quantity): boolean =>
    strict && (kind === 'date' ? isDate(key) : unit !== null || !isDate(key));
  const fresh = (list: readonly Quantity[]): Quantity[] =>
    list.filter(
      (one) => fits(one) && !question.profile.quantities.some(({ key }) => key === one.key),
    );
  const pointed = fresh(readQuantities(claim.span));
  if (pointed.length > 0) return pointed;
  const all = fresh(claim.profile.quantities);
  const years = all.filter(({ key }) => YEAR_KEY.test(key)).length;
  return (kind === 'date' ? years <= 1 : all.length === 1) ? all : [];
}

function differentQuantity(
  mine: Claim,
  other: Claim,
  question: Question,
  kind: 'date' | 'number',
): boolean {
  const a = answerQuantities(mine, question, kind);
  const b = answerQuantities(other, question, kind);
  if (a.length === 0 || b.length === 0) return false;
  if (a.some((one) => b.some((two) => agree(one, two, kind)))) {
    // The same year may still be another month or day, where both say it.
    return kind === 'date' && differentPart(a, b);
  }
  const knows = (reference: Reference, list: readonly Quantity[]): boolean => {
    const there = readQuantities(`${reference.title}\n${reference.text}`);
    return list.some(({ key }) => there.some((one) => one.key === key));
  };
  if (knows(mine.reference, b) || knows(other.reference, a)) return false;
  if (kind === 'date') return samePart(a, b);
  return a.some((one) => b.some((two) => one.unit === two.unit));
}

const valueOf = ({ key }: Quantity): number | null =>
  key.startsWith('n:') ? Number(key.slice(2)) : null;

function agree(one: Quantity, two: Quantity, kind: 'date' | 'number'): boolean {
  if (one.key === two.key) return true;
  const [a, b] = [valueOf(one), valueOf(two)];
  if (kind === 'date' || a === null || b === null) return false;
  return Math.abs(a - b) <= SAME_NUMBER * Math.max(Math.abs(a), Math.abs(b));
}

const partOf = ({ key }: Quantity): string => key.slice(0, key.indexOf(':'));

/** Both name a year, or both a month. */
const samePart = (a: readonly Quantity[], b: readonly Quantity[]): boolean =>
  a.some((one) => b.some((two) => partOf(one) === partOf(two)));

/** Both name months, and none of them is the same. */
function differentPart(a: readonly Quantity[], b: readonly Quantity[]): boolean {
  const months = (list: readonly Quantity[]): string[] =>
    list.flatMap(({ key }) => (key.startsWith('month:') ? [key] : []));
  const [mine, other] = [months(a), months(b)];
  return mine.length > 0 && other.length > 0 && !mine.some((month) => other.includes(month));
}

function differentName(mine: Claim, other: Claim, { profile }: Question): boolean {
  for (const { span, reference } of [mine, other]) {
    const sure = reference.answerSpan;
    if (sure === undefined || sure.answerable < SURE_NAME.answerable) return false;
    if (sure.span < SURE_NAME.span || span.length > SURE_NAME.longest) return false;
    if (!/\p{Lu}|\p{Script=Han}/u.test(span)) return false;
    // A span that repeats the question names nothing new.
    if (missingOf(profileOf(span), [profile]).share > 0.5) return false;
  }
  if (sameSpan(mine.span, other.span)) return false;
  const holds = (text: string, span: string): boolean =>
    missingOf(profileOf(span), [profileOf(text)]).share > 0.4;
  return !holds(mine.reference.text, other.span) && !holds(other.reference.text, mine.span);
}

/** The sentence with its source and date before the full stop. */
function attributed(
  { text, citations }: LooseSentence,
  reference: Reference,
  first: boolean,
  language: string,
): LooseSentence {
  const date = sourceDate(reference);
  const [, body = text, stop = ''] = /^(.*?)([.!。！]?["”’」』)）]?)$/su.exec(text) ?? [];
  const name = sourceName(reference);
  if (language === 'zh') {
    const source = date === null ? name : `${name}，${date}`;
    const opening = first ? '来源说法不一：' : '另一来源：';
    return { text: `${opening}${body}（${source}）${stop === '' ? '。' : stop}`, citations };
  }
  const source = date === null ? name : `${name}, ${date}`;
  const opening = first ? 'Sources differ: ' : 'Another source: ';
  return { text: `${opening}${body} (${source})${stop === '' ? '.' : stop}`, citations };
}
