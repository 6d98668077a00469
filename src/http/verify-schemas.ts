/** The shapes of `/v1/verify` as zod schemas. */
import { z } from 'zod';
import { VERIFY_LIMITS } from '../verify/verify-service.ts';

export const verifyRequestSchema = z
  .strictObject({
    text: z.string().min(1, 'must not be empty').max(VERIFY_LIMITS.textCharacters),
    question: z
      .string()
      .max(4_000)
      .optional()
      .describe('What the text answers, if it is an answer'),
    references: z
      .array(
        z.strictObject({
          title: z.string().max(1_000).optional(),
          url: z
            .url({ protocol: /^https?$/u })
            .max(8_000)
            .optional(),
          text: z.string(),
        }),
      )
      .max(VERIFY_LIMITS.references)
      .optional()
      .describe('Check against these texts; [1] in the text means the first'),
    urls: z
      .array(z.url({ protocol: /^https?$/u }).max(8_000))
      .max(VERIFY_LIMITS.urls)
      .optional()
      .describe('Check against these pages, read through the guard'),
    search: z.boolean().optional().describe('true: check against what a search finds'),
    stream: z.boolean().optional().describe('true: Server-Sent Events, as with Accept'),
  })
  .meta({
    id: 'VerifyRequest',
    description: 'Exactly one of references, urls and search: true',
  });

const citationSchema = z.object({
  reference: z.int().min(1),
  quote: z.string().describe("Equals the reference's text.slice(start, end)"),
  start: z.int().min(0),
  end: z.int().min(0),
  url: z.string().nullable().describe('With a text fragment to the quote'),
  support: z.number().min(0).max(1),
});

export const verificationSchema = z
  .object({
    id: z.string(),
    sentences: z.array(
      z.object({
        text: z.string(),
        start: z.int().min(0),
        end: z.int().min(0),
        verdict: z.enum(['supported', 'partly', 'unsupported', 'contradicted', 'no-claim']),
        support: z.number().min(0).max(1),
        citations: z.array(citationSchema),
        named: z.array(z.int().min(1)).describe('References that the sentence itself names'),
      }),
    ),
    references: z.array(
      z.object({
        number: z.int().min(1),
        url: z.string().nullable(),
        title: z.string(),
        site: z.string(),
        published_at: z.string().nullable(),
        fetched_at: z.string().nullable(),
        text: z.string(),
      }),
    ),
    summary: z.object({
      supported: z.int(),
      partly: z.int(),
      unsupported: z.int(),
      contradicted: z.int(),
      no_claim: z.int(),
    }),
    warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  })
  .meta({ id: 'Verification' });
