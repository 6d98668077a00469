import { describe, expect, it } from 'vitest';
import { matrixForm } from '../../../generator/glm/matrix-form.ts';
import { recommendForm } from './recommend-form.ts';

describe('recommendForm', () => {
  it('keeps the form where each class costs little', () => {
    expect(recommendForm('int8', new Map([['down', 0.009]]))).toBe('int8');
  });

  it('gives classes that cost much the next finer form', () => {
    const form = recommendForm(
      'int4-block',
      new Map([
        ['embedding', 0.02],
        ['qkv', 0.125],
        ['output', 0.005],
        ['down', 0.13],
      ]),
    );
    expect(form).toBe('int4+qkv=int8,down=int8');
    expect(matrixForm(form, 'layers.0.output')).toBe('int4-block');
    expect(matrixForm(form, 'layers.0.down')).toBe('int8');
    expect(recommendForm('int8', new Map([['head', 0.02]]))).toBe('int8+head=int8-block');
  });
});
