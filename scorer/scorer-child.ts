/** The scorer's child process: judges drafts, claims and answers; the reader beside them where it is. */
import type { SupportVerdict } from '../src/core/seams.ts';
import { serveChild, type ChildContext } from '../src/runtime/serve-child.ts';
import { judgeDrafts, judgeWithReader, type JudgeInput, type Judgement } from './judge-drafts.ts';
import { openEmbedder, openReader, type ReaderSetup } from './judge-models.ts';
import { preference, preferenceWithModels, type PreferenceInput } from './preference/preference.ts';
import { support, supportWithReader } from './support/support.ts';

/** Every call names the reader's weights: the first that does loads them. */
interface Call<Input> {
  readonly input: Input;
  readonly reader: ReaderSetup | null;
}

interface ClaimInput {
  readonly claim: string;
  readonly references: readonly string[];
}

async function judge(call: Call<JudgeInput>, { signal }: ChildContext): Promise<Judgement> {
  const reader = await openReader(call.reader);
  return reader === null
    ? judgeDrafts(call.input)
    : judgeWithReader(call.input, reader, { signal });
}

async function claim(call: Call<ClaimInput>, { signal }: ChildContext): Promise<SupportVerdict> {
  const reader = await openReader(call.reader);
  const { claim: text, references } = call.input;
  return reader === null
    ? support(text, references)
    : supportWithReader(text, references, reader, { signal });
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

serveChild({ judge, support: claim, score });
