/** What a new message asks, given the turns before it: the question to search for, and how it came to be. */
import type { AnswerStep, Turn } from '../core/nouns.ts';
import { rewriteFollowUp, type Exchange } from './rewrite-follow-up.ts';

export interface Understood {
  /** Stands by itself. */
  readonly question: string;
  readonly steps: readonly AnswerStep[];
}

/** Earlier questions that are looked back at; older ones are seldom what a pronoun means. */
const MOST_EXCHANGES = 12;

/** Pure; linear in the conversation's length. */
export function understand(message: string, turns: readonly Turn[]): Understood {
  const rewrite = rewriteFollowUp(message, exchangesOf(turns));
  if (rewrite === null) return { question: message, steps: [] };
  return {
    question: rewrite.text,
    steps: [{ kind: 'rewrite', input: message, output: rewrite.text, references: [] }],
  };
}

/** The questions of a conversation with their answers, each question rewritten by those before it. */
export function exchangesOf(turns: readonly Turn[]): Exchange[] {
  const exchanges: Exchange[] = [];
  const recent = turns.filter(({ role }) => role !== 'system').slice(-2 * MOST_EXCHANGES);
  for (const { role, content } of recent) {
    const text = content.replace(/\[\d{1,3}\]/gu, '').trim();
    if (text === '') continue;
    if (role === 'user') {
      const question = rewriteFollowUp(text, exchanges)?.text ?? text;
      exchanges.push({ question, answer: null });
    } else {
      const last = exchanges.pop();
      if (last !== undefined) exchanges.push({ ...last, answer: text });
    }
  }
  return exchanges;
}
