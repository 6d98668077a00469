/**
 * Which tokens may follow, as a finite automaton over characters that is run token by token inside the
 * graph. `citationMarks(k)` lets `[n]` through only with n in 1..k; a model writes a mark in pieces
 * (`[`, `1`, `2`, `]`), or with its neighbours (` [`, `].`), so tokens are classed by what they do to
 * the automaton.
 */

/** Tables for the graph: `next[state][class]`, `bias[state][class]` (0 or a large negative number). */
export interface TokenConstraint {
  /** The class of each token id. */
  readonly classes: BigInt64Array;
  readonly next: readonly (readonly number[])[];
  readonly bias: readonly (readonly number[])[];
}

/** State after a character, or null where it may not stand. State 0 is the start. */
export type CharacterRule = (state: number, character: string) => number | null;

const barred = -1e9;

/** Compiles a rule over the texts of all tokens; `null` texts are control tokens, which reset it. */
export function tokenConstraint(
  rule: CharacterRule,
  states: number,
  texts: Iterable<string | null>,
  vocab: number,
): TokenConstraint {
  const all = Array.from({ length: states }, (_, state) => state);
  const known = new Map<string, number>();
  const results: (number | null)[][] = [];
  const classes = new BigInt64Array(vocab);
  const classOf = (result: (number | null)[]): number => {
    const key = result.join();
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, results.length);
    results.push(result);
    return results.length - 1;
  };
  // Ids beyond the tokenizer's are control tokens too.
  classes.fill(BigInt(classOf(all.map(() => 0))));
  let id = 0;
  for (const text of texts) {
    if (text !== null) {
      const result = all.map((start) => {
        let state: number | null = start;
        for (const character of text) {
          if (state === null) break;
          state = rule(state, character);
        }
        return state;
      });
      classes[id] = BigInt(classOf(result));
    }
    id += 1;
  }
  return {
    classes,
    next: all.map((state) => results.map((result) => result[state] ?? 0)),
    bias: all.map((state) => results.map((result) => (result[state] === null ? barred : 0))),
  };
}

/** State after some tokens. */
export function constraintState(constraint: TokenConstraint, ids: readonly number[]): number {
  let state = 0;
  for (const id of ids) state = constraint.next[state]?.[Number(constraint.classes[id])] ?? 0;
  return state;
}

/**
 * Marks `[n]` and lists `[n, m]` with each number in 1..`most`. State 0 is plain text, 1 stands after a
 * bracket or a comma, the others after the digits of a number, whole or begun.
 */
export function citationMarks(most: number): {
  readonly rule: CharacterRule;
  readonly states: number;
} {
  const digits: string[] = [];
  const reachable = new Set<string>();
  for (let number = 1; number <= most; number += 1) {
    const text = String(number);
    for (let length = 1; length <= text.length; length += 1) reachable.add(text.slice(0, length));
  }
  digits.push(...reachable);
  const stateOf = (text: string): number | null => {
    const place = digits.indexOf(text);
    return place < 0 ? null : place + 2;
  };
  const rule: CharacterRule = (state, character) => {
    if (state === 0) return character === '[' ? 1 : 0;
    const isDigit = /\p{Nd}/u.test(character);
    if (state === 1) {
      if (isDigit) return stateOf(character);
      return character === '[' || character === ' ' ? 1 : 0;
    }
    const begun = digits[state - 2] as string;
    if (isDigit) return stateOf(begun + character);
    // Every prefix of a number in 1..most is itself such a number.
    if (character === ']') return 0;
    return character === ',' ? 1 : null;
  };
  return { rule, states: digits.length + 2 };
}
