/** References as citation needs them: profiles of sentences and title, and plain text, made once for all drafts. */
import type { Reference } from '../../src/core/nouns.ts';
import { profileReference, type ReferenceProfile } from '../support/features.ts';
import { profileOf, type TextProfile } from '../support/text-profile.ts';
import { stripMarks } from './citation-marks.ts';
import { plain, type Plain } from './verbatim.ts';

export interface PreparedReference {
  readonly reference: Reference;
  readonly text: string;
  readonly plain: Plain;
  /** Sentences are profiled without their footnote marks; offsets are those of the reference. */
  readonly profile: ReferenceProfile;
  readonly title: TextProfile;
}

/** Prepares the references in time linear in their text. */
export function prepareReferences(references: readonly Reference[]): PreparedReference[] {
  return references.map((reference) => {
    const whole = profileReference(reference.text);
    return {
      reference,
      text: reference.text,
      plain: plain(reference.text),
      profile: {
        ...whole,
        sentences: whole.sentences.map(({ start, end, profile }) => {
          const stripped = stripMarks(profile.text);
          return {
            start,
            end,
            profile: stripped.marks.length === 0 ? profile : profileOf(stripped.text),
          };
        }),
      },
      title: profileOf(reference.title),
    };
  });
}

/** The ranker's score of the sentence that holds `start`, 0 where it is no evidence. */
export function evidenceScore({ reference }: PreparedReference, start: number): number {
  let best = 0;
  for (const evidence of reference.evidence) {
    if (evidence.start <= start && start < evidence.end) best = Math.max(best, evidence.score);
  }
  return best;
}
