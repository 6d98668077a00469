/** References as citation reads them: sentences, plain text and title, read once for all drafts. */
import type { Reference } from '../../src/core/nouns.ts';
import { readReference, type ReadReference } from '../support/features.ts';
import { read, type Reading } from '../support/reading.ts';
import { stripMarks } from './citation-marks.ts';
import { plain, type Plain } from './verbatim.ts';

export interface PreparedReference {
  readonly reference: Reference;
  readonly text: string;
  readonly plain: Plain;
  /** Sentences are read without their footnote marks; offsets are those of the reference. */
  readonly read: ReadReference;
  readonly title: Reading;
}

/** Reads the references; time is linear in their text. */
export function prepareReferences(references: readonly Reference[]): PreparedReference[] {
  return references.map((reference) => {
    const whole = readReference(reference.text);
    return {
      reference,
      text: reference.text,
      plain: plain(reference.text),
      read: {
        ...whole,
        sentences: whole.sentences.map(({ start, end, reading }) => {
          const stripped = stripMarks(reading.text);
          return {
            start,
            end,
            reading: stripped.marks.length === 0 ? reading : read(stripped.text),
          };
        }),
      },
      title: read(reference.title),
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
