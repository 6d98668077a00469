/**
 * How a run's web is kept in a WARC file (ISO 28500:2017, WARC/1.1), one gzip member a record:
 *
 * - `warcinfo`: the program, and the chain of search providers as JSON
 * - `resource`: what a search provider answered, as JSON, under `urn:footnote:search:…`
 * - `response`: a page as it came: status and the headers that matter; its body is decompressed
 * - `conversion`: a page after a browser ran its scripts
 * - `metadata`: beside each of them, which call it answered (`CallRecord`); alone, a call that failed
 *
 * Any WARC reader sees the pages; the `metadata` records are what a replay needs beyond them.
 */
import { z } from 'zod';

/** Target of the `metadata` records' own content. */
export const CALL_MEDIA_TYPE = 'application/vnd.footnote.call+json';
export const SEARCH_MEDIA_TYPE = 'application/vnd.footnote.search+json';

const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  stage: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
});

export const callSchema = z.object({
  kind: z.enum(['search', 'fetch', 'render']),
  /** The URL asked for, or the search query's key. */
  key: z.string(),
  /** The question on whose behalf it was asked; empty outside of one. */
  question: z.string(),
  /** The record that holds what came; absent when the call failed. */
  record: z.string().optional(),
  failure: failureSchema.optional(),
  /** What the page's own record does not say. */
  page: z
    .object({
      url: z.string(),
      finalUrl: z.string(),
      status: z.number(),
      contentType: z.string().nullable(),
      fetchedAt: z.string(),
      rendered: z.boolean(),
      lastModified: z.string().nullable(),
    })
    .optional(),
});

/** One call at a seam and what became of it. */
export type CallRecord = z.infer<typeof callSchema>;

export const chainSchema = z.object({
  providers: z.array(z.string()),
  merge: z.number(),
});

export type RecordedChain = z.infer<typeof chainSchema>;
