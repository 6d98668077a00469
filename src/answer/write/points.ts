/**
 * The points of an answer that is being written: each is told once, in an order that reads as one text,
 * within the length that the kind of question deserves.
 */
import type { QuestionKind } from '../../core/question-kind.ts';
import { countWords, terms } from '../../core/tokens.ts';
import type { LooseSentence } from '../answer-body.ts';
import type { DraftUnit } from './draft-units.ts';

/** Longest answer in words, about: a sentence that begins below it is still told. */
const MOST_WORDS: Readonly<Record<QuestionKind, number>> = {
  fact: 50,
  number: 50,
  'yes-no': 60,
  definition: 75,
  keywords: 75,
  explanation: 95,
  comparison: 95,
  opinion: 95,
  summary: 95,
  list: 110,
  'how-to': 150,
};
/** Share of a further point's content words that the answer must not have yet. */
const LEAST_NEW = 0.4;
/** Share of a point's content words from which it says nothing that was not said. */
const SAID_AT = 0.8;

const FUNCTION_WORDS = new Set(
  `a an the of in on at to for from by with and or but as is are was were be been being it its this that
  these those he she they his her their them which who whom whose what when where why how not no nor so
  than then there here has have had do does did can could may might will would shall should also into
  over under about between after before during such some any all more most other one you your we our`.split(
    /\s+/u,
  ),
);

/** Words that join a sentence to the one before it; they go where that one is not told. */
const CONNECTIVE =
  /^(?:however|therefore|thus|moreover|furthermore|additionally|in addition|also|besides|consequently|as a result|hence|then|similarly|likewise|finally|overall|in summary|in conclusion|on the other hand|in contrast|for example|for instance|meanwhile|instead|nevertheless|此外|另外|因此|所以|然而|但是|不过|同时|而且|并且|总之|综上所述|例如)\s*[,，:：]?\s*/iu;
/** A sentence that begins so says of whom only after another. */
const LEANS =
  /^(?:he|she|it|they|his|her|its|their|this|that|these|those|such|both|the (?:former|latter|same)|doing so|他们?|她们?|它们?|其|这|这些|那|该|此|两者)(?=\P{Script=Latin}|$)/iu;

const contentOf = (text: string): string[] => [
  ...new Set(terms(text, { stem: true }).filter((term) => !FUNCTION_WORDS.has(term))),
];

export class Points {
  readonly #most: number;
  readonly #told: LooseSentence[] = [];
  readonly #said = new Set<string>();
  readonly #asked: ReadonlySet<string>;
  readonly #steps: boolean;
  /** The question asks for a list. */
  readonly listing: boolean;
  #words = 0;
  #listed = 0;

  constructor(question: string, kind: QuestionKind) {
    this.#most = MOST_WORDS[kind];
    this.#asked = new Set(contentOf(question));
    this.#steps = kind === 'how-to';
    this.listing = kind === 'list';
  }

  get told(): readonly LooseSentence[] {
    return this.#told;
  }

  /** Words that were told. */
  get words(): number {
    return this.#words;
  }

  /** No further point fits. */
  get full(): boolean {
    return this.#words >= this.#most;
  }

  /**
   * Tells a checked sentence, or returns null where it would say nothing new, lean on what is not there,
   * or not fit.
   * @param follows true: the sentence before it in its own text was the last one told
   * @param further true: it comes from another text than the one that leads
   */
  take(
    sentence: LooseSentence,
    unit: Pick<DraftUnit, 'form' | 'newLine'>,
    { follows, further }: { readonly follows: boolean; readonly further: boolean },
  ): LooseSentence | null {
    if (this.full) return null;
    const text = follows ? sentence.text : withoutConnective(sentence.text);
    if (!follows && LEANS.test(text)) return null;
    const words = countWords(text);
    if (further && this.#words + words > this.#most + 15) return null;
    const content = contentOf(text);
    const fresh = content.filter((term) => !this.#said.has(term));
    const added = fresh.filter((term) => !this.#asked.has(term));
    if (this.#told.length > 0 && fresh.length <= (1 - SAID_AT) * content.length) return null;
    if (further && (added.length < 2 || added.length < LEAST_NEW * content.length)) return null;
    for (const term of content) this.#said.add(term);
    this.#words += words;
    const told = { ...sentence, ...this.#placed(text, unit) };
    this.#told.push(told);
    return told;
  }

  #placed(
    text: string,
    { form, newLine }: Pick<DraftUnit, 'form' | 'newLine'>,
  ): Pick<LooseSentence, 'text' | 'before'> {
    const first = this.#told.length === 0;
    if (form === 'code') return { text, before: first ? undefined : '\n' };
    if (form === 'item') {
      this.#listed += 1;
      const mark = this.#steps ? `${this.#listed}.` : '-';
      return { text: `${mark} ${text}`, before: first ? undefined : '\n' };
    }
    const afterList = this.#listed > 0 || this.#told.at(-1)?.text.endsWith('```') === true;
    return { text, before: !first && newLine && afterList ? '\n' : undefined };
  }
}

/** Does a sentence say of whom it speaks only after another one? */
export const leans = (text: string): boolean => LEANS.test(withoutConnective(text.trim()));

/** The subject that a sentence names first: "Raspberry Pi 3 has …". */
const SUBJECT =
  /^(?:The\s+)?((?:\p{Lu}[\p{L}\p{M}\p{N}’'.-]*)(?:\s+(?:\p{Lu}[\p{L}\p{M}\p{N}’'.-]*|\d+|of|the|de|von|and)){0,5})\s+(?=\p{Ll})/u;
const NO_NAME =
  /^(?:He|She|It|They|We|This|That|These|Those|In|On|At|By|For|From|After|Before|When|While|As|If|However|Some|Many|Most|All)\b/u;
const PRONOUN = /^(?:he|she|it|they)\s+(?:also\s+)?/iu;

/**
 * A sentence that begins with "He" or "It", said with the name that a sentence before it in its own text
 * began with; null where that cannot be told. It has to be checked as it reads now.
 */
export function named(text: string, earlier: readonly string[]): string | null {
  const bare = withoutConnective(text);
  if (!PRONOUN.test(bare)) return null;
  const subject = earlier
    .toReversed()
    .map((one) => SUBJECT.exec(one)?.[1])
    .find((one) => one !== undefined && !NO_NAME.test(one));
  return subject === undefined ? null : bare.replace(PRONOUN, `${subject} `);
}

function withoutConnective(text: string): string {
  const rest = text.replace(CONNECTIVE, '');
  return rest === text || rest === '' ? text : rest.charAt(0).toUpperCase() + rest.slice(1);
}
