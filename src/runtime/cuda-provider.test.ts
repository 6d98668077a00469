import { describe, expect, it } from 'vitest';
import { chooseDevice, cudaState } from './cuda-provider.ts';

describe('chooseDevice', () => {
  it('takes CUDA by itself only where both its provider and a driver are there', () => {
    const both = [true, false] as const;
    for (const installed of both) {
      for (const driver of both) {
        const device = chooseDevice('auto', { installed, driver });
        expect(device).toBe(installed && driver ? 'cuda' : 'cpu');
      }
    }
  });

  it('does as it is told otherwise', () => {
    expect(chooseDevice('cuda', { installed: false, driver: false })).toBe('cuda');
    expect(chooseDevice('cpu', { installed: true, driver: true })).toBe('cpu');
    expect(['cpu', 'cuda']).toContain(chooseDevice('auto', cudaState()));
  });
});
