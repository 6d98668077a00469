/**
 * In which form each matrix of a GLM is held. A form of the whole model names one for most matrices and,
 * where measurement asks for it (`npm run parity -- --classes`), another for a class of them. Written out:
 * `int8`, or `int8+down=int8-block,head=int8-block`.
 */
import { FootnoteError } from '../../src/core/errors.ts';

/**
 * - `int8`: int8 per output channel, times activations quantised to 8 bits per token (W8A8)
 * - `int8-tensor`: the same weights, activations per tensor (one fused operator; loses outlier channels)
 * - `int7`: as `int8` with weights of 7 bits, for processors whose 8-bit products saturate (AVX2 without VNNI)
 * - `int8-block`: int8 with a scale for each 32 inputs: exact from Q8_0, Q5_0, Q5_1's like and Q4_0
 * - `int4-block`: 4 bits with a scale for each 32 inputs
 * - `float16`: half precision (CUDA); the CPU computes it in float32
 */
const matrixForms = [
  'int8',
  'int8-tensor',
  'int7',
  'int8-block',
  'int4-block',
  'float16',
  'float32',
] as const;
export type MatrixForm = (typeof matrixForms)[number];

export const matrixClasses = ['embedding', 'qkv', 'output', 'gate_up', 'down', 'head'] as const;
export type MatrixClass = (typeof matrixClasses)[number];

type Recipe = Readonly<{ rest: MatrixForm } & Partial<Record<MatrixClass, MatrixForm>>>;

const recipes = {
  int8: { rest: 'int8' },
  'int8-mixed': { rest: 'int8-tensor', down: 'int8', head: 'int8', embedding: 'int8' },
  int7: { rest: 'int7', embedding: 'int8' },
  'int8-block': { rest: 'int8-block', embedding: 'int8' },
  int4: { rest: 'int4-block', embedding: 'int8' },
  float16: { rest: 'float16' },
  float32: { rest: 'float32' },
} as const satisfies Record<string, Recipe>;

export type BaseForm = keyof typeof recipes;
export const baseForms = Object.keys(recipes) as readonly BaseForm[];

/** A named form, or one with classes of its own. */
export type GlmForm = BaseForm | `${BaseForm}+${string}`;

/**
 * Checks a form given as text.
 * @throws FootnoteError `config-invalid`
 */
export function parseGlmForm(text: string): GlmForm {
  const [base, changes] = split(text);
  const bad = (what: string): FootnoteError =>
    new FootnoteError('config-invalid', `generator form '${text}': ${what}`);
  if (!(baseForms as readonly string[]).includes(base)) {
    throw bad(`'${base}' is none of ${baseForms.join(', ')}`);
  }
  for (const [name, form] of changes) {
    if (!(matrixClasses as readonly string[]).includes(name))
      throw bad(`'${name}' is none of ${matrixClasses.join(', ')}`);
    if (!(matrixForms as readonly string[]).includes(form))
      throw bad(`'${form}' is none of ${matrixForms.join(', ')}`);
  }
  return text as GlmForm;
}

function split(text: string): readonly [string, readonly (readonly [string, string])[]] {
  const [base = '', rest] = text.split('+', 2);
  const changes = (rest ?? '').split(',').filter((part) => part !== '');
  return [
    base,
    changes.map((part) => {
      const [name = '', form = ''] = part.split('=', 2);
      return [name, form] as const;
    }),
  ];
}

/** The class of a matrix: the last part of its name in the graph; gate and up are one class. */
export function matrixClass(name: string): MatrixClass {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return last === 'gate' || last === 'up' ? 'gate_up' : (last as MatrixClass);
}

/** The form of a matrix by its name in the graph: `embedding`, `head`, `layers.N.qkv`, … */
export function matrixForm(form: GlmForm, name: string): MatrixForm {
  const [base, changes] = split(form);
  const kind = matrixClass(name);
  const changed = changes.find(([each]) => each === kind)?.[1];
  const recipe: Recipe = recipes[base as BaseForm];
  const chosen = (changed as MatrixForm | undefined) ?? recipe[kind] ?? recipe.rest;
  // The table is looked up, not multiplied: rows of int8 or whole numbers.
  if (kind !== 'embedding' || chosen.startsWith('float')) return chosen;
  return 'int8';
}
