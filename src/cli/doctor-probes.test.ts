import { expect, it } from 'vitest';
import { nodeFinding } from './doctor-probes.ts';

it.each([
  ['v18.20.4', 'fail'],
  ['v20.20.2', 'warn'],
  ['v21.7.3', 'warn'],
  ['v22.12.0', 'ok'],
  ['v24.1.0', 'ok'],
] as const)(
  'rates Node.js %s as %s, with a fix where there is something to do',
  (version, state) => {
    const finding = nodeFinding(version, 'linux x64');
    expect(finding.state).toBe(state);
    expect(finding.detail).toContain(version);
    expect(finding.fix === undefined).toBe(state === 'ok');
  },
);
