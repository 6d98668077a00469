/** The scorer's child process: judges drafts, claims and answers; the reader beside them where it is. */
import type { Claim, SupportReference, SupportVerdict } from '../src/core/seams.ts';
import { serveChild, type ChildContext } from '../src/runtime/serve-child.ts';
import { judgeDrafts, judgeWithReader, type JudgeInput, type Judgement } from './judge-drafts.ts';
import { openEmbedder, openReader, type ReaderSetup } from './judge-models.ts';
import { preference, preferenceWithModels, type PreferenceInput } from './preference/preference.ts';
import { checkClaims } from './support/check-claims.ts';

/** Every call names the reader's weights: the first that does loads them. */
interface Call<Input> {
  readonly input: Input;
  readonly reader: ReaderSetup | null;
}

interface CheckInput {
  readonly claims: readonly Claim[];
  readonly references: readonly SupportReference[];
}

async function judge(call: Call<JudgeInput>, { signal }: ChildContext): Promise<Judgement> {
  const reader = await openReader(call.reader);
  return reader === null
    ? judgeDrafts(call.input)
    : judgeWithReader(call.input, reader, { signal });
}

async function check(
  call: Call<CheckInput>,
  { signal }: ChildContext,
): Promise<readonly SupportVerdict[]> {
  const reader = await openReader(call.reader);
  return checkClaims(call.input.claims, call.input.references, reader, { signal });
}

async function score(call: Call<PreferenceInput>, { signal }: ChildContext): Promise<number> {
  const [reader, embedder] = await Promise.all([
    openReader(call.reader),
    openEmbedder(call.reader),
  ]);
  return reader === null || embedder === null
    ? preference(call.input)
    : preferenceWithModels(call.input, { reader, embedder }, { signal });
}

serveChild({ judge, check, score });
