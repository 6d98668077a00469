/**
 * Exact arithmetic: a message that is nothing but a calculation, read into an expression and evaluated
 * by mathjs with fractions of arbitrary size, so that 0.1 + 0.2 is 0.3. Only numbers, operators and a few
 * functions pass: the parse tree is checked before anything is evaluated, and sizes are bounded.
 */
import type { Fraction, MathJsInstance, MathNode } from 'mathjs';
import { WORD_NUMBERS } from './number-words.ts';

let loaded: Promise<MathJsInstance> | null = null;

/** mathjs takes half a second to load: only the first calculation waits for it. */
function load(): Promise<MathJsInstance> {
  loaded ??= import('mathjs').then(({ create, all }) => {
    const math = create(all ?? {}, { number: 'Fraction' });
    const factorial = (value: Fraction): Fraction => {
      const count = value.valueOf();
      if (!Number.isInteger(count) || count < 0) throw new RangeError('not a whole number');
      let product = 1n;
      for (let factor = 2n; factor <= BigInt(count); factor += 1n) product *= factor;
      return math.fraction(product);
    };
    const root = (degree: number) => (value: Fraction) => {
      const plain = value.valueOf();
      const real = degree === 2 ? Math.sqrt(plain) : Math.cbrt(plain);
      const whole = Math.round(real);
      return Number.isSafeInteger(whole) && whole ** degree === plain ? math.fraction(whole) : real;
    };
    // Its own take no fractions.
    math.import({ factorial, sqrt: root(2), cbrt: root(3) }, { override: true });
    return math;
  });
  return loaded;
}

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const ASK_BEFORE =
  /^(?:(?:please|so|and|ok(?:ay)?|hey|can you|could you|tell me|请问|请|那么)[\s,，]*)*(?:what(?:['’]s| is| are| does)?|how much (?:is|are)|calculate|compute|evaluate|work out|solve|find|计算(?:一下)?|算一下|求)?\s*(?:the (?:value|result) of\s*)?/iu;
const ASK_AFTER =
  /\s*(?:equals?(?: to)?|(?:equal|come) to|make|[=＝]|等于(?:多少|几)|是多少|得多少|等于|得几|多少)?\s*[?？.。=]*$/iu;
/** Words for operators, longest first. */
const OPERATORS: readonly (readonly [RegExp, string])[] = [
  [/\bto the power of\b|\braised to(?: the power(?: of)?)?\b|的(?=\d+次方)/giu, '^'],
  [/次方/gu, ''],
  [/\bsquared\b|的?平方(?!根)/giu, '^2'],
  [/\bcubed\b|的?立方(?!根)/giu, '^3'],
  [/\b(?:the )?square root of\b|√/giu, 'sqrt '],
  [/\b(?:the )?cube root of\b/giu, 'cbrt '],
  [/\b(?:the )?factorial of\b/giu, 'factorial '],
  [/除以?(?=\d+的?余数)/gu, ' mod '],
  [/\bdivided by\b|\bover\b|除以|÷/giu, '/'],
  [/\bmultiplied by\b|\btimes\b|乘以|乘|×|·/giu, '*'],
  [/\bmodulo\b|\bmodulus\b|\bmod\b|对(?=\d+取[余模])/giu, ' mod '],
  [/取[余模]|的?余数/gu, ''],
  [/\bplus\b|\badded to\b|加上?/giu, '+'],
  [/\bminus\b|减去?|−|–/giu, '-'],
  [/(?<=\d\s*)x(?=\s*\d)/giu, '*'],
  [/\*\*/gu, '^'],
];
/** Percentages and roots in words, in the order in which they are tried. */
const PERCENTS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(String.raw`(${NUMBER})\s*的\s*百分之\s*(${NUMBER})`, 'gu'), '($1 * $2 / 100)'],
  [new RegExp(String.raw`百分之\s*(${NUMBER})\s*(?:的|乘以|乘)?`, 'gu'), '($1 / 100) * '],
  [new RegExp(String.raw`(${NUMBER})\s*的\s*(${NUMBER})\s*%`, 'gu'), '($1 * $2 / 100)'],
  [
    new RegExp(String.raw`(${NUMBER})\s*(?:%|percent|per cent)\s*(?:of|的)\s*`, 'giu'),
    '($1 / 100) * ',
  ],
  [new RegExp(String.raw`(${NUMBER})\s*(?:%|percent)`, 'giu'), '($1 / 100)'],
  [new RegExp(String.raw`(${NUMBER})的(?:平方根|算术平方根)`, 'gu'), 'sqrt $1'],
];
const CALLED = new RegExp(String.raw`\b(sqrt|cbrt|factorial)\s+(${NUMBER})`, 'gu');
const FUNCTIONS = new Set([
  'sqrt',
  'cbrt',
  'factorial',
  'abs',
  'round',
  'floor',
  'ceil',
  'gcd',
  'lcm',
  'min',
  'max',
  'mod',
]);
const OPERATOR_NAMES = new Set([
  'add',
  'subtract',
  'multiply',
  'divide',
  'mod',
  'pow',
  'unaryMinus',
  'unaryPlus',
  'factorial',
]);
const MOST_CHARACTERS = 200;
const MOST_NODES = 60;
/** Digits that a value on the way may have. */
const MOST_DIGITS = 400;

export interface Calculation {
  /** In mathjs's notation. */
  readonly expression: string;
  /** Exact where it is finite in decimals; else rounded, and then `exact` is false. */
  readonly result: string;
  readonly exact: boolean;
}

/** Why a calculation has no result. */
export interface NoResult {
  readonly expression: string;
  readonly problem: 'division-by-zero' | 'too-large' | 'undefined';
}

/** A message that asks for a calculation and nothing else; null for any other. */
export async function arithmeticIn(message: string): Promise<string | null> {
  if (
    message.length > MOST_CHARACTERS ||
    !/\d|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b/iu.test(message)
  )
    return null;
  let text = message
    .normalize('NFKC')
    .replace(ASK_BEFORE, '')
    .replace(ASK_AFTER, '')
    .replace(/(?<=\d),(?=\d{3}(?!\d))/gu, '');
  text = text.replace(/\b[a-z]+\b/giu, (word) => {
    const number = WORD_NUMBERS[word.toLowerCase()];
    return number === undefined ? word : String(number);
  });
  for (const [words, written] of PERCENTS) text = text.replace(words, written);
  for (const [word, operator] of OPERATORS) text = text.replace(word, operator);
  text = text.replace(/\bthe\b|\bof\b(?=\s*\()/giu, '');
  text = text.replace(CALLED, '$1($2)').replace(/\s+/gu, ' ').trim();
  // Dates, versions and phone numbers look like sums: 2020-05-01, 1.2.3.
  if (/^\d{4}-\d{1,2}-\d{1,2}$|\d+\.\d+\.\d+|^\d{1,2}\/\d{1,2}\/\d{2,4}$/u.test(text)) return null;
  if (!/^[\d.\s+\-*/^%!(),a-z]+$/iu.test(text) || !/\d/u.test(text)) return null;
  const math = await load();
  const tree = parse(math, text);
  if (tree === null) return null;
  // A lone number asks for nothing; "911" and "1984" are looked up.
  let work = 0;
  tree.traverse((node) => {
    if (math.isOperatorNode(node) && node.fn !== 'unaryMinus') work += 1;
    else if (math.isFunctionNode(node)) work += 1;
  });
  // `1914-1918` and `24/7` are more often names than sums, unless they are asked for.
  const bare =
    /^\d+[-/]\d+$/u.test(text) && !/[=?？]|what|how|calculat|comput|算|多少/iu.test(message);
  return work === 0 || bare ? null : text;
}

/** The tree of an expression of numbers, allowed operators and functions; null for anything else. */
function parse(math: MathJsInstance, expression: string): MathNode | null {
  let tree: MathNode;
  try {
    tree = math.parse(expression);
  } catch {
    return null;
  }
  let nodes = 0;
  let allowed = true;
  tree.traverse((node, _path, parent) => {
    nodes += 1;
    const ok =
      (math.isConstantNode(node) && /^\d/u.test(String(node.value))) ||
      math.isParenthesisNode(node) ||
      (math.isOperatorNode(node) && OPERATOR_NAMES.has(node.fn) && !node.implicit) ||
      (math.isFunctionNode(node) && math.isSymbolNode(node.fn) && FUNCTIONS.has(node.fn.name)) ||
      (math.isSymbolNode(node) && math.isFunctionNode(parent) && FUNCTIONS.has(node.name));
    allowed &&= ok;
  });
  return allowed && nodes <= MOST_NODES ? tree : null;
}

/**
 * Evaluates what `arithmeticIn` found.
 * @param expression numbers, operators and the functions above; anything else is `undefined`
 */
export async function calculate(expression: string): Promise<Calculation | NoResult> {
  const math = await load();
  const tree = parse(math, expression);
  if (tree === null) return { expression, problem: 'undefined' };
  try {
    if (digitsOf(math, tree) > MOST_DIGITS) return { expression, problem: 'too-large' };
    const value = tree.evaluate() as Fraction | number | bigint;
    return shown(expression, value);
  } catch (error) {
    return {
      expression,
      problem: /division by zero/iu.test((error as Error).message)
        ? 'division-by-zero'
        : 'undefined',
    };
  }
}

/** An upper bound of the digits of any value on the way, from the tree alone: nothing huge is made. */
function digitsOf(math: MathJsInstance, node: MathNode): number {
  if (math.isConstantNode(node)) return String(node.value).length;
  if (math.isParenthesisNode(node)) return digitsOf(math, node.content);
  if (math.isOperatorNode(node) || math.isFunctionNode(node)) {
    const name = math.isOperatorNode(node) ? node.fn : (node.fn as { name: string }).name;
    const sizes = node.args.map((argument) => digitsOf(math, argument));
    const [first = 1, second = 1] = sizes;
    const [base, power] = node.args;
    if (name === 'pow') {
      const exponent =
        second > 4 || power === undefined ? 10_000 : Math.abs(tinyValue(math, power));
      return first * Math.max(1, exponent);
    }
    if (name === 'factorial') {
      const of = first > 4 || base === undefined ? 10_000 : Math.abs(tinyValue(math, base));
      return of * 4;
    }
    return sizes.reduce((sum, size) => sum + size, 1);
  }
  return 1;
}

/** The value of a small subtree, as a plain number; too large where it is not small. */
function tinyValue(math: MathJsInstance, node: MathNode): number {
  if (digitsOf(math, node) > 8) return 10_000;
  return Number(node.evaluate());
}

function shown(expression: string, value: Fraction | number | bigint): Calculation | NoResult {
  if (typeof value === 'bigint') return { expression, result: String(value), exact: true };
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return { expression, problem: 'undefined' };
    // Roots leave the fractions; a whole root is exact all the same.
    return {
      expression,
      result: String(Number(value.toPrecision(12))),
      exact: Number.isInteger(value),
    };
  }
  if (typeof (value as { d?: unknown }).d !== 'bigint') return { expression, problem: 'undefined' };
  // Decimals end where the denominator has no other prime factors than 2 and 5.
  let rest = value.d;
  for (const prime of [2n, 5n]) while (rest % prime === 0n) rest /= prime;
  if (rest === 1n) return { expression, result: value.toString(), exact: true };
  return {
    expression,
    result: String(Number(value.valueOf().toPrecision(10))),
    exact: false,
  };
}
