/**
 * The form of each class of matrix by its measured error (`npm run parity -- --classes FORM`): what a class
 * alone in that form adds to the divergence from float32.
 */
import {
  matrixClasses,
  parseGlmForm,
  type GlmForm,
  type MatrixClass,
  type MatrixForm,
} from '../../../generator/glm/matrix-form.ts';

/** Mean KL in nats that one class may add: less than what int8 as a whole costs. */
export const mostOfClass = 0.01;

/** A class that is too far off goes to the next finer form; a coarser form is for those it costs little. */
const finer: Readonly<Partial<Record<MatrixForm, MatrixForm>>> = {
  'int4-block': 'int8',
  int8: 'int8-block',
  int7: 'int8-block',
};

/**
 * @param form what was measured
 * @param divergences mean KL of each class alone in it
 * @returns a form with classes of its own: `int8+down=int8-block`
 */
export function recommendForm(
  form: MatrixForm,
  divergences: ReadonlyMap<MatrixClass, number>,
): GlmForm {
  const better = finer[form] ?? 'float32';
  const changes = matrixClasses
    // Rows that are looked up are int8 in every quantised form.
    .filter((name) => name !== 'embedding' && (divergences.get(name) ?? 0) > mostOfClass)
    .map((name) => `${name}=${better}`);
  const base = form === 'int4-block' ? 'int4' : form;
  return parseGlmForm(changes.length === 0 ? base : `${base}+${changes.join(',')}`);
}
