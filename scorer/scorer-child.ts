/** The scorer's child process: everything here is synchronous and pure. */
import { serveChild } from '../src/runtime/serve-child.ts';
import { judgeDrafts, type JudgeInput } from './judge-drafts.ts';
import { preference, type PreferenceInput } from './preference/preference.ts';
import { support } from './support/support.ts';

serveChild({
  judge: (input: JudgeInput) => judgeDrafts(input),
  support: ({ claim, references }: { claim: string; references: readonly string[] }) =>
    support(claim, references),
  score: (input: PreferenceInput) => preference(input),
});
