/** What the MCP tools take and give, as zod schemas; agents read them as JSON Schema. */
import { z } from 'zod';
import { verificationSchema } from '../http/verify-schemas.ts';
import { VERIFY_LIMITS } from '../verify/verify-service.ts';

const questionFields = {
  question: z.string().trim().min(1).max(4_000).describe('A question in plain words'),
  language: z
    .string()
    .max(35)
    .optional()
    .describe('BCP 47 tag of the answer; default: the question’s'),
  freshness: z
    .union([z.enum(['day', 'week', 'month', 'year']), z.iso.date()])
    .optional()
    .describe('How recent sources must be: a span before today, or an ISO date'),
  sites: z
    .array(z.string().max(253))
    .max(20)
    .optional()
    .describe('Host names to search in; default: all'),
  max_references: z.int().min(1).max(20).optional(),
} as const;

export const answerInput = z.object({
  ...questionFields,
  messages: z
    .array(z.object({ role: z.enum(['user', 'assistant']), content: z.string().max(20_000) }))
    .max(200)
    .optional()
    .describe('The conversation before the question, oldest first, if it is a follow-up'),
});

export const searchInput = z.object(questionFields);

const warning = z.object({ code: z.string(), message: z.string() });

const source = z.object({
  number: z.int().min(1),
  title: z.string(),
  url: z.string(),
  site: z.string(),
  published_at: z.string().nullable(),
});

export const answerOutput = z.object({
  answer: z.string().describe('The text, with [n] after each sentence it supports'),
  abstained: z.boolean().describe('True when the web as found does not hold the answer'),
  language: z.string(),
  sentences: z.array(
    z.object({
      text: z.string(),
      citations: z.array(
        z.object({
          reference: z.int().min(1),
          quote: z.string().describe('Verbatim from the source'),
          url: z.string().describe('Opens the source at the quote'),
          support: z.number().min(0).max(1),
        }),
      ),
    }),
  ),
  references: z.array(source),
  model: z.string(),
  warnings: z.array(warning),
});

export const searchOutput = z.object({
  queries: z.array(z.string()),
  references: z.array(
    source.extend({
      text: z.string().describe('The passage, verbatim from the page'),
      evidence: z.array(z.string()).describe('Its sentences that bear on the question, best first'),
    }),
  ),
  warnings: z.array(warning),
});

export const readPageInput = z.object({
  url: z.url({ protocol: /^https?$/u }).max(8_000),
  offset: z.int().min(0).optional().describe('Where to go on: next_offset of the call before'),
  max_characters: z.int().min(200).max(200_000).optional().describe('Default 20,000'),
});

export const readPageOutput = z.object({
  url: z.string().describe('After redirects'),
  title: z.string(),
  site: z.string(),
  byline: z.string().nullable(),
  published_at: z.string().nullable(),
  fetched_at: z.string(),
  language: z.string(),
  text: z.string().describe('Markdown of the main content'),
  offset: z.int().min(0),
  total_characters: z.int().min(0),
  next_offset: z.int().min(0).nullable().describe('Null when this was the last part'),
});

export const verifyInput = z.object({
  text: z.string().min(1).max(VERIFY_LIMITS.textCharacters).describe('The text to check'),
  question: z.string().max(4_000).optional().describe('What the text answers, if it is an answer'),
  references: z
    .array(
      z.object({
        title: z.string().max(1_000).optional(),
        url: z.string().max(8_000).optional(),
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
    .describe('Check against these pages'),
  search: z.boolean().optional().describe('true: check against what a web search finds'),
});

export const verifyOutput = z.object({
  sentences: z.array(
    z.object({
      text: z.string(),
      verdict: verificationSchema.shape.sentences.element.shape.verdict,
      support: z.number().min(0).max(1),
      citations: z.array(
        z.object({
          reference: z.int().min(1),
          quote: z.string().describe('Verbatim from the source'),
          url: z.string().nullable().describe('Opens the source at the quote'),
        }),
      ),
    }),
  ),
  references: z.array(
    z.object({ number: z.int().min(1), title: z.string(), url: z.string().nullable() }),
  ),
  summary: verificationSchema.shape.summary,
  warnings: z.array(warning),
});
