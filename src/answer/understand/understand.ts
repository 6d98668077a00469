/**
 * What a new message asks, given the turns before it: the question to search for, a reply that needs no
 * search, or a style for the answer. Rules only; each decision is a step that people can read.
 */
import type { AnswerStep, Asker, Turn, Warning } from '../../core/nouns.ts';
import { aboutAnswer, withoutSourceList } from './about-answer.ts';
import { aboutConversation } from './about-conversation.ts';
import { readStyle, type AnswerStyle } from './answer-style.ts';
import { arithmeticIn, calculate, type Calculation, type NoResult } from './arithmetic.ts';
import { clockReply, resolvePlaces } from './clock.ts';
import { resolveDates } from './relative-dates.ts';
import type { Exchange } from './exchange.ts';
import { rewriteFollowUp } from './rewrite-follow-up.ts';
import { smallTalk } from './small-talk.ts';

export interface Understood {
  /** Stands by itself; what is searched for. */
  readonly question: string;
  /** The answer, where no search is needed. */
  readonly reply: string | null;
  readonly style: AnswerStyle | null;
  /** What is asked of a source of the last answer, by its number there; null: nothing. */
  readonly source: SourceQuestion | null;
  /** The last answer is doubted: it is searched for anew. */
  readonly anew: boolean;
  readonly steps: readonly AnswerStep[];
  readonly warnings: readonly Warning[];
}

export interface SourceQuestion {
  readonly number: number;
  /** The question that the source is read for; null: what it says besides the answer. */
  readonly question: string | null;
}

export interface Surroundings {
  /** The conversation so far, oldest first. */
  readonly turns: readonly Turn[];
  readonly asker: Asker;
  readonly now: Date;
  /** Language of the reply. */
  readonly language: string;
}

/** Earlier questions that are looked back at; older ones are seldom what a pronoun means. */
const MOST_EXCHANGES = 12;
/** What is read of one earlier turn, and of all system messages together: as much as a question may have. */
const MOST_CHARACTERS = 4_000;
const MOST_SYSTEM_SENTENCES = 200;

export async function understand(message: string, around: Surroundings): Promise<Understood> {
  const { turns, asker, now } = around;
  const reply = await replyTo(message, around);
  if (reply !== null) {
    const { text, step } = reply;
    return { ...PLAIN, question: message, reply: text, steps: [step] };
  }
  const system = systemStyle(turns);
  const { question: plain, style: own } = readStyle(message);
  const style = own === null && system.style === null ? null : { ...system.style, ...own };
  const exchanges = exchangesOf(turns);
  const last = exchanges.at(-1);
  // A message of style alone asks for the last answer in another form.
  const asked = plain !== '' ? plain : (last?.question ?? message);
  const about = plain === '' || last === undefined ? null : aboutAnswer(plain);
  const whole = plain === '' ? asked : standalone(plain, exchanges);
  const dated = resolveDates(whole, now, asker.timezone ?? 'UTC');
  const question = resolvePlaces(dated, asker);
  const steps: AnswerStep[] = [];
  if (question !== message && (question !== plain || own === null)) {
    steps.push({ kind: 'rewrite', input: message, output: question, references: [] });
  }
  if (style !== null) {
    steps.push({
      kind: 'style',
      input: own === null ? 'system' : message,
      output: styleText(style),
      references: [],
    });
  }
  return {
    ...PLAIN,
    question,
    style,
    source:
      about?.kind === 'source'
        ? { number: about.number, question: about.about === null ? null : question }
        : null,
    anew: about?.kind === 'doubt',
    steps,
    warnings: system.warnings,
  };
}

const PLAIN = {
  reply: null,
  style: null,
  source: null,
  anew: false,
  warnings: [],
} as const;

/** The message as a question that stands by itself, in the light of the exchanges before it. */
function standalone(message: string, exchanges: readonly Exchange[]): string {
  const last = exchanges.at(-1);
  const about = last === undefined ? null : aboutAnswer(message);
  const rewritten = (text: string): string => rewriteFollowUp(text, exchanges)?.text ?? text;
  switch (about?.kind) {
    case 'doubt':
      return last?.question ?? message;
    case 'source':
      return about.about === null
        ? (last?.question ?? message)
        : rewritten(`What about ${about.about}?`);
    case 'correction':
      return rewritten(
        /\p{Script=Han}/u.test(about.meant) ? `那${about.meant}呢？` : `What about ${about.meant}?`,
      );
    default:
      return rewritten(message);
  }
}

async function replyTo(
  message: string,
  { turns, asker, now, language }: Surroundings,
): Promise<{ readonly text: string; readonly step: AnswerStep } | null> {
  const said =
    smallTalk(message, language) ??
    aboutConversation(message, turns, language) ??
    clockReply(message, now, asker, language);
  if (said !== null) {
    return { text: said, step: { kind: 'reply', input: message, output: said, references: [] } };
  }
  const expression = await arithmeticIn(message);
  if (expression === null) return null;
  const made = await calculate(expression);
  const text = resultText(made, language === 'zh' || /\p{Script=Han}/u.test(message));
  const output = 'result' in made ? made.result : made.problem;
  return { text, step: { kind: 'calculate', input: made.expression, output, references: [] } };
}

function resultText(made: Calculation | NoResult, chinese: boolean): string {
  const shown = made.expression
    .replace(/(?<!\s)\s*\*\s*/gu, ' × ')
    .replace(/(?<!\s)\s*\/\s*/gu, ' ÷ ');
  if ('result' in made) return `${shown} ${made.exact ? '=' : '≈'} ${made.result}`;
  const problems = {
    'division-by-zero': ['division by zero has no result', '除数不能为零'],
    'too-large': ['the result is too large to be written out', '结果太大，无法写出'],
    undefined: ['this has no result among the real numbers', '在实数范围内没有结果'],
  } as const;
  return `${shown}${chinese ? '：' : ': '}${problems[made.problem][chinese ? 1 : 0]}${chinese ? '。' : '.'}`;
}

/** What system messages ask of the form of answers, and what of them has no influence. */
function systemStyle(turns: readonly Turn[]): {
  readonly style: AnswerStyle | null;
  readonly warnings: readonly Warning[];
} {
  let style: AnswerStyle | null = null as AnswerStyle | null;
  let ignored = false;
  const said = turns.filter(({ role }) => role === 'system').map(({ content }) => content);
  const sentences = said
    .join('\n')
    .slice(0, MOST_CHARACTERS)
    .split(/(?<=[.!?。！？\n])\s*/u);
  for (const sentence of sentences.slice(0, MOST_SYSTEM_SENTENCES)) {
    const read = readStyle(sentence);
    if (read.style !== null) style = { ...style, ...read.style };
    ignored ||= read.style === null && sentence.trim() !== '';
  }
  if (!ignored) return { style, warnings: [] };
  const message =
    style === null
      ? 'system and developer messages have no influence on the answer, but for its language, length and shape'
      : `of the system and developer messages only the form of the answer was followed: ${styleText(style)}`;
  return {
    style,
    warnings: [
      { code: style === null ? 'system-message-not-used' : 'system-message-partly-used', message },
    ],
  };
}

function styleText(style: AnswerStyle): string {
  const { sentences, words, shape, language, simple, detailed } = style;
  return [
    sentences === undefined ? '' : `${sentences} ${sentences === 1 ? 'sentence' : 'sentences'}`,
    words === undefined ? '' : `at most ${words} words`,
    shape === undefined ? '' : shape === 'table' ? 'a table' : `a list (${shape})`,
    language === undefined ? '' : `in ${language}`,
    simple === true ? 'simple words' : '',
    detailed === true ? 'in detail' : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** The questions of a conversation with their answers, each question rewritten by those before it. */
export function exchangesOf(turns: readonly Turn[]): Exchange[] {
  const exchanges: Exchange[] = [];
  const recent = turns.filter(({ role }) => role !== 'system').slice(-2 * MOST_EXCHANGES);
  let spoken = false;
  for (const { role, content } of recent) {
    const said = role === 'user' ? content : withoutSourceList(content);
    const cut = said.slice(0, MOST_CHARACTERS);
    const text = (role === 'user' ? cut : cut.replace(/\[\d{1,3}\]/gu, '')).trim();
    if (text === '') continue;
    if (role === 'user') {
      const { question: plain } = readStyle(text);
      // Small talk and wishes of style ask nothing new; what is said back is no answer either.
      spoken =
        plain === '' ||
        smallTalk(text, 'en') !== null ||
        aboutConversation(text, turns, 'en') !== null;
      if (spoken) continue;
      exchanges.push({ question: standalone(plain, exchanges), answer: null });
    } else if (!spoken) {
      const last = exchanges.pop();
      if (last !== undefined) exchanges.push({ ...last, answer: text });
    }
  }
  return exchanges;
}
