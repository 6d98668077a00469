/** The scorer's child process: judges drafts, claims and answers; the cross-encoder beside them where it is. */
import type { Claim, SupportReference, SupportVerdict } from '../src/core/seams.ts';
import { serveChild, type ChildContext } from '../src/runtime/serve-child.ts';
import {
  checkWritten as checkUnits,
  type CheckedUnit,
  type CheckWrittenInput,
} from './citation/check-written.ts';
import {
  judgeDrafts,
  judgeWithCrossEncoder,
  type JudgeInput,
  type Judgement,
} from './judge-drafts.ts';
import { openEmbedder, openReader, type CrossEncoderSetup } from './judge-models.ts';
import { preference, preferenceWithModels, type PreferenceInput } from './preference/preference.ts';
import { checkClaims } from './support/check-claims.ts';
import { textClaims, type TextClaims } from './verify/text-claims.ts';
import { verifyClaims, type VerifyInput } from './verify/verify-claims.ts';

/** Every call names the cross-encoder's weights: the first that does loads them. */
interface Call<Input> {
  readonly input: Input;
  readonly crossEncoder: CrossEncoderSetup | null;
}

interface CheckInput {
  readonly claims: readonly Claim[];
  readonly references: readonly SupportReference[];
}

async function judge(call: Call<JudgeInput>, { signal }: ChildContext): Promise<Judgement> {
  const crossEncoder = await openReader(call.crossEncoder);
  return crossEncoder === null
    ? judgeDrafts(call.input)
    : judgeWithCrossEncoder(call.input, crossEncoder, { signal });
}

async function check(
  call: Call<CheckInput>,
  { signal }: ChildContext,
): Promise<readonly SupportVerdict[]> {
  const crossEncoder = await openReader(call.crossEncoder);
  return checkClaims(call.input.claims, call.input.references, crossEncoder, { signal });
}

async function checkWritten(
  call: Call<CheckWrittenInput>,
  { signal }: ChildContext,
): Promise<readonly CheckedUnit[]> {
  return checkUnits(call.input, await openReader(call.crossEncoder), { signal });
}

async function score(call: Call<PreferenceInput>, { signal }: ChildContext): Promise<number> {
  const [crossEncoder, embedder] = await Promise.all([
    openReader(call.crossEncoder),
    openEmbedder(call.crossEncoder),
  ]);
  return crossEncoder === null || embedder === null
    ? preference(call.input)
    : preferenceWithModels(call.input, { crossEncoder, embedder }, { signal });
}

const claimsOf = ({ input }: Call<string>): TextClaims => textClaims(input);

async function verify(
  call: Call<VerifyInput>,
  { signal }: ChildContext,
): Promise<readonly SupportVerdict[]> {
  return verifyClaims(call.input, await openReader(call.crossEncoder), { signal });
}

serveChild({ judge, check, checkWritten, score, textClaims: claimsOf, verifyClaims: verify });
