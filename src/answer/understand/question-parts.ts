/**
 * The parts of a question that asks several things at once ("who built it and when did it open?",
 * "X和Y分别是…"), or the sides of a comparison; each part can be searched for by itself. Rules for English
 * and Chinese, and the asking words of German, French, Spanish and Italian. Conservative: what is not
 * clearly two things is one.
 */
import type { QuestionKind } from '../../core/question-kind.ts';
import { chineseParts } from './chinese-parts.ts';
import { rewriteFollowUp } from './rewrite-follow-up.ts';

/** More parts than these are not searched for one by one. */
const MOST_PARTS = 4;

const HAN = /\p{Script=Han}/u;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const ASKING =
  'who|whom|whose|when|where|what|which|why|how|wer|wem|wen|wann|wo|was|welcher?|welches|warum|wie|qui|quand|où|quels?|quelles?|pourquoi|comment|combien|quién(?:es)?|cuándo|dónde|qué|cuáles?|cómo|cuánt[oa]s?|por qué|chi|quando|dove|quali?|perché|come|quant[oaie]';
const AND = 'and|und|et|y|e';
/** "…, and in which year did it open": the asking word after a conjunction, three words or more. */
const CONJOINED = new RegExp(
  String.raw`\s*[,;]?\s+(?:${AND})\s+(?=(?:(?:in|on|at|by|for|from|to|under|with|since|an|auf|bei|von|seit|dans|depuis|en|de|in|da|di)\s+)?(?:${ASKING})\s+\S+\s+\S+)`,
  'iu',
);
const ASKS = new RegExp(String.raw`(?<![\p{L}\d])(?:${ASKING})(?![\p{L}\d])`, 'iu');
const NAME = String.raw`(?:(?:the|a|an)\s+)?[\p{L}\d][\p{L}\d.+#_'’/-]*(?:\s+[\p{L}\d(][\p{L}\d.+#_'’/()-]*){0,3}?`;

/** @param question without polite forms */
export function questionParts(question: string, kind: QuestionKind): string[] {
  const sentences = askingSentences(question);
  const parts =
    sentences.length > 1
      ? standingAlone(sentences)
      : HAN.test(question) && !KANA.test(question)
        ? chineseParts(question)
        : kind === 'comparison'
          ? sides(question)
          : conjoined(question);
  const own = [...new Set(parts.map((part) => part.trim()))].filter((part) => part.length > 1);
  return own.length < 2 || own.length > MOST_PARTS ? [] : own;
}

/** The sentences that end in a question mark, with what leads up to each. */
function askingSentences(question: string): string[] {
  const found = question.match(/[^?？]+[?？]+/gu) ?? [];
  return found.map((sentence) => sentence.trim()).filter((sentence) => sentence.length > 5);
}

/** A later part that leans on the first ("and when did it open") is given the first one's words. */
function standingAlone(parts: readonly string[]): string[] {
  const [first = '', ...rest] = parts;
  const exchanges = [{ question: first, answer: null }];
  return [
    first,
    ...rest.map((part) => {
      if (namesSomething(part)) return part;
      if (HAN.test(part)) return rewriteFollowUp(part, exchanges)?.text ?? `${bare(first)}${part}`;
      return `${bare(first)} ${part}`;
    }),
  ];
}

/** Does it name what it asks about, so that it can be searched for? */
const namesSomething = (part: string): boolean =>
  HAN.test(part)
    ? !/[他她它其该此]|^(?:用的|喝的|吃的|是|有|为什么|怎么)/u.test(part)
    : /\s\p{Lu}\p{L}{2}|\d|["“'`_]/u.test(part) && !LEANS.test(part);

const LEANS =
  /\b(?:it|its|they|them|their|he|she|his|her|this|that|these|those|one|es|sie|er|ihn|il|elle|ils)\b/iu;

const bare = (question: string): string => question.replace(/[?？。.!]+\s*$/u, '');

function conjoined(question: string): string[] {
  const [first, ...rest] = question.split(CONJOINED);
  if (first === undefined || rest.length === 0) return repeatedPreposition(question);
  if (first.split(/\s+/u).length < 3 || !(ASKS.test(first) || /^\p{L}+\s/u.test(first))) return [];
  return standingAlone([first, ...rest]);
}

/** "Defaults for A and for B": the same preposition twice. */
function repeatedPreposition(question: string): string[] {
  const found = /^(.+?)\s(for|of|in|with|between|from)\s(.+?)\s(?:and|und)\s\2\s(.+)$/iu.exec(
    question,
  );
  if (found === null) return listed(question);
  const [, before = '', preposition = '', first = '', second = ''] = found;
  return [`${before} ${preposition} ${first}`, `${before} ${preposition} ${second}`];
}

/** "How much did it pay for A, B and C?": three things at least, or two names. */
function listed(question: string): string[] {
  const item = String.raw`[\p{L}\d][\p{L}\d.+#_'’/-]*(?:\s[\p{L}\d][\p{L}\d.+#_'’/-]*)?`;
  const found = new RegExp(
    String.raw`^(.+\s(?:for|of|in|by|from|to|with))\s(${item}(?:,\s${item})*),?\s(?:and|und|et)\s(?:the\s)?(${item})\s*[?]*$`,
    'iu',
  ).exec(question);
  if (found === null) return [];
  const [, before = '', first = '', last = ''] = found;
  const items = [...first.split(/,\s/u), last];
  const names = items.every((one) => /^\p{Lu}/u.test(one));
  return items.length > 2 || names ? items.map((one) => `${before} ${one}`) : [];
}

const SIDES: readonly RegExp[] = [
  new RegExp(
    String.raw`\bbetween\s+(${NAME})\s+and\s+(${NAME})(?=\s*(?:[?.,:]|$|\bin\b|\bof\b|\bfor\b|\bwhen\b))`,
    'iu',
  ),
  new RegExp(
    String.raw`\b(?:unterschied(?:e)?\s+zwischen|différences?\s+entre|diferencias?\s+entre|differenz[ae]\s+tra)\s+(.{2,50}?)\s+(?:und|et|y|e)\s+(.{2,50}?)(?=\s*(?:[?.,:]|$))`,
    'iu',
  ),
  new RegExp(
    String.raw`^(?:.*?[:,]\s*)?(.{2,60}?)\s+(?:vs\.?|versus)\s+(.{2,60}?)(?:\s+(?:vs\.?|versus)\s+(.{2,40}?))?(?=\s*(?:[?,:]|$|\sin\s))`,
    'iu',
  ),
  new RegExp(
    String.raw`^(?:which|what|who)\b.{0,60}[,:]\s*(.{2,40}?)\s+or\s+(.{2,40}?)[?]*$`,
    'iu',
  ),
  new RegExp(
    String.raw`^(?:is|are|do|does|should|can)\s+(.{2,50}?),?\s+or\s+(.{2,50}?)(?=\s+(?:better|worse|faster|safer|cheaper|larger|bigger|older|enough)\b|[?]|$)`,
    'iu',
  ),
  /^(.{2,40}?)\s+or\s+(.{2,40}?)(?:\s+or\s+(.{2,40}?))?\s*:/iu,
  new RegExp(
    String.raw`^(.{2,70}?)\s+(?:compared (?:with|to)|in comparison (?:with|to))\s+(.{2,60}?)[?]*$`,
    'iu',
  ),
  /\bhow (?:do|does|did)\s+(.{2,50}?)\s+and\s+(.{2,50}?)\s+(?:compare|differ)\b/iu,
];

function sides(question: string): string[] {
  for (const pattern of SIDES) {
    const found = pattern.exec(question);
    if (found === null) continue;
    return found
      .slice(1)
      .filter((side) => side !== undefined)
      .map((side) => side.trim());
  }
  return conjoined(question);
}
