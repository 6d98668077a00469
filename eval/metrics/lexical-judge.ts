/**
 * Entailment by words alone, for figures that do not rest on our own trained judge: WebGLM's rule for
 * citations (Liu et al., KDD 2023: ROUGE-1 precision without stop words, at least 0.75), and every
 * number of the claim has to stand in the premise.
 */
import { tokenize, type Token } from '../../src/core/tokens.ts';
import type { EntailmentJudge } from './citation-quality.ts';

const STOP_WORDS = new Set(
  `a an the of in on at to for from by with and or but as is are was were be been being it its this that these
those he she they his her their which who whom also not no has have had do does did will would can could may
的 了 在 是 和 与 及 也 之 其 为 于 以 而 或 被 有 这 那`.split(/\s+/u),
);
const THRESHOLD = 0.75;
const NUMBER = /^\d/u;

/** 0..1: the share of the claim's content words that the premise has. */
export function lexicalSupport(premise: string, claim: string): number {
  const held = new Set(tokenize(premise, { stem: true }).map(({ text }) => text));
  const wanted = tokenize(claim, { stem: true }).filter(({ text }) => !STOP_WORDS.has(text));
  if (wanted.length === 0) return 0;
  const has = ({ text }: Token): boolean => held.has(text);
  if (wanted.some((token) => NUMBER.test(token.text) && !has(token))) return 0;
  return wanted.filter(has).length / wanted.length;
}

export const lexicalJudge: EntailmentJudge = {
  name: 'lexical (WebGLM: content-word overlap >= 0.75, all numbers present)',
  entails: (premise, claim) => Promise.resolve(lexicalSupport(premise, claim) >= THRESHOLD),
};
