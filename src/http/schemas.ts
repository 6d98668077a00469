/** The REST shapes as zod schemas: they check requests and make `/openapi.json`. */
import { z } from 'zod';

export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const isoDate = z.iso.date();
const hostName = z
  .string()
  .regex(/^(?=.{1,253}$)[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u, 'must be a host name');

const turnSchema = z
  .strictObject({
    role: z.enum(['system', 'user', 'assistant']),
    content: z.string().max(20_000),
  })
  .meta({ id: 'Turn' });

const askerSchema = z
  .strictObject({
    language: z.string().max(35).optional(),
    country: z.string().max(100).optional(),
    region: z.string().max(100).optional(),
    city: z.string().max(100).optional(),
    timezone: z
      .string()
      .refine(isTimezone, 'must be an IANA time zone, such as Europe/Berlin')
      .optional(),
  })
  .meta({ id: 'Asker', description: 'Who asks: what "today" and "near me" mean' });

export const answerRequestSchema = z
  .strictObject({
    question: z.string().trim().min(1, 'must not be empty').max(4_000),
    language: z
      .string()
      .regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/u, 'must be a BCP 47 language tag')
      .optional()
      .describe('Language of the answer; default: that of the question'),
    max_references: z.int().min(1).max(20).optional(),
    drafts: z
      .int()
      .min(0)
      .max(16)
      .optional()
      .describe('Drafts the generator writes; 0 answers with quotations alone'),
    freshness: z
      .union([z.enum(['day', 'week', 'month', 'year']), isoDate])
      .optional()
      .describe('How recent sources must be: a span before today, or an ISO date'),
    sites: z
      .array(hostName)
      .max(20)
      .optional()
      .describe('Host names that the search is limited to'),
    seed: z.int().min(0).max(2_147_483_647).optional(),
    messages: z
      .array(turnSchema)
      .max(200)
      .optional()
      .describe(
        'The conversation so far, oldest first, without the question: a follow-up is understood from it',
      ),
    asker: askerSchema.optional(),
    stream: z.boolean().optional().describe('true: Server-Sent Events, as with Accept'),
  })
  .meta({ id: 'AnswerRequest' });

export const searchRequestSchema = answerRequestSchema
  .omit({ drafts: true, seed: true, stream: true })
  .meta({ id: 'SearchRequest' });

const referenceSchema = z
  .object({
    number: z.int().min(1),
    url: z.string(),
    title: z.string(),
    site: z.string(),
    published_at: z.string().nullable(),
    fetched_at: z.string(),
    text: z.string().describe('Verbatim from the extracted page'),
    score: z.number().nullable(),
    evidence: z
      .array(z.object({ start: z.int().min(0), end: z.int().min(0) }))
      .describe('Sentences of `text` for which the reference was chosen, best first'),
  })
  .meta({ id: 'Reference' });

const citationSchema = z
  .object({
    reference: z.int().min(1),
    quote: z.string().describe("Equals the reference's text.slice(start, end)"),
    start: z.int().min(0),
    end: z.int().min(0),
    url: z.string().describe('With a text fragment to the quote'),
    support: z.number().min(0).max(1),
  })
  .meta({ id: 'Citation' });

const sentenceSchema = z
  .object({
    text: z.string(),
    start: z.int().min(0),
    end: z.int().min(0),
    citations: z.array(citationSchema),
  })
  .meta({ id: 'Sentence', description: 'Offsets are UTF-16 code units in `answer`' });

const warningSchema = z.object({ code: z.string(), message: z.string() }).meta({ id: 'Warning' });

const stepSchema = z
  .object({
    kind: z.enum(['rewrite', 'reply', 'search', 'extract', 'calculate', 'compare', 'style']),
    input: z.string(),
    output: z.string(),
    references: z.array(z.int().min(1)),
  })
  .meta({ id: 'AnswerStep' });

export const answerSchema = z
  .object({
    id: z.string(),
    question: z.string(),
    answer: z.string(),
    abstained: z.boolean(),
    language: z.string(),
    sentences: z.array(sentenceSchema),
    references: z.array(referenceSchema),
    score: z.number().nullable(),
    model: z.string(),
    usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }),
    timings_ms: z.object({
      search: z.number(),
      fetch: z.number(),
      extract: z.number(),
      rank: z.number(),
      generate: z.number(),
      score: z.number(),
      total: z.number(),
    }),
    warnings: z.array(warningSchema),
    steps: z
      .array(stepSchema)
      .describe('How a question that was not searched for as it stood came to its answer'),
  })
  .meta({ id: 'Answer' });

export const searchResponseSchema = z
  .object({
    id: z.string(),
    question: z.string(),
    queries: z.array(z.string()),
    references: z.array(referenceSchema),
    warnings: z.array(warningSchema),
  })
  .meta({ id: 'SearchResponse' });

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    retryable: z.boolean(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });
