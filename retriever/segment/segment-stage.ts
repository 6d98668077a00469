/** The `segment` stage for one JSON line: `{id, text}` to `{id, passages: [{start, end, text}]}`. */
import { z } from 'zod';
import type { Document } from '../../src/core/nouns.ts';
import { parseLine } from '../../src/core/parse-line.ts';
import { segmentDocument } from './segment-document.ts';

const lineSchema = z.looseObject({ id: z.unknown(), text: z.string() });

export interface SegmentedLine {
  readonly id: unknown;
  readonly passages: readonly {
    readonly start: number;
    readonly end: number;
    readonly text: string;
  }[];
}

/** @throws FootnoteError `bad-request` naming the wrong field */
export function segmentLine(line: unknown): SegmentedLine {
  const { id, text } = parseLine(lineSchema, line, 'segment');
  const document: Document = {
    url: '',
    title: '',
    byline: null,
    publishedAt: null,
    language: '',
    text,
    headings: markdownHeadings(text),
    site: '',
    canonicalUrl: null,
    fetchedAt: '',
  };
  return {
    id,
    passages: segmentDocument(document, 0).map((passage) => ({
      start: passage.start,
      end: passage.end,
      text: passage.text,
    })),
  };
}

/** Lines such as `## History`: plain text tells of no other headings. */
function markdownHeadings(text: string): Document['headings'] {
  return [...text.matchAll(/^(#{1,6}) [^\n]*\S/gmu)].map((match) => ({
    level: match[1]?.length ?? 1,
    start: match.index,
    end: match.index + match[0].length,
  }));
}
