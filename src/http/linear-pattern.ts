/**
 * Regular expressions that a client sends. They run under RE2's automata, whose time grows linearly with
 * the text whatever the pattern, never under the backtracking engine of JavaScript.
 */
import { RE2JS } from 're2js';
import { FootnoteError } from '../core/errors.ts';

const MOST_CHARACTERS = 200;
/** Instructions of the compiled automaton: time for a text is at most this many steps a character. */
const MOST_INSTRUCTIONS = 500;

export interface LinearPattern {
  /** Whether the pattern is found anywhere in the text. */
  test(text: string): boolean;
  /** The pattern itself: ajv tells patterns apart by it. */
  toString(): string;
}

/**
 * @param pattern in RE2's syntax: that of JavaScript without lookaround and back references
 * @throws FootnoteError `bad-request` naming what the pattern has to change
 */
export function linearPattern(pattern: string): LinearPattern {
  if (pattern.length > MOST_CHARACTERS) {
    throw refused(`has ${pattern.length} characters; at most ${MOST_CHARACTERS} are accepted`);
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    throw refused(
      `${(error as Error).message}; lookaround and back references are not supported (RE2 syntax)`,
    );
  }
  if (compiled.programSize() > MOST_INSTRUCTIONS) {
    throw refused('is too large once its repeats are written out; use smaller counts');
  }
  return { test: (text) => compiled.test(text), toString: () => pattern };
}

function refused(reason: string): FootnoteError {
  return new FootnoteError('bad-request', `pattern ${reason}`);
}
