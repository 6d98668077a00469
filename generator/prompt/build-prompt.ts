/**
 * Prompts are data: the JSON files beside this one. `direct` asks a chat model for one complete
 * sentence from the best evidence sentences; `webglm` is the original prompt of WebGLM (Liu et al.,
 * 2023) over whole references. Page text stands inside delimiters that it cannot close, and the
 * tokenizer never reads control tokens in it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { EvidenceSentence, Prompt, Question, Reference } from '../../src/core/nouns.ts';
import { packageRoot } from '../../src/core/package-root.ts';

const wording = z.strictObject({ system: z.string(), user: z.string(), item: z.string() });
const promptSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    name: z.string(),
    kind: z.literal('chat'),
    maxEvidence: z.number().int().positive(),
    /** The best sentence stands next to the question instead of first. */
    bestLast: z.boolean().default(false),
    languages: z.record(z.string(), wording).and(z.object({ other: wording })),
  }),
  z.strictObject({
    name: z.string(),
    kind: z.literal('completion'),
    maxReferences: z.number().int().positive(),
    reference: z.string(),
    end: z.string(),
  }),
]);
type PromptData = z.infer<typeof promptSchema>;

export type PromptName = 'direct' | 'webglm';

export interface PromptInput {
  readonly question: Pick<Question, 'text' | 'language'>;
  readonly references: readonly Reference[];
  /** The sentences to answer from, best first; default: the references' own, by score. */
  readonly evidence?: readonly Pick<EvidenceSentence, 'text'>[];
  /** Bound on page text, in (estimated) tokens of the model; default 1,500. */
  readonly maxPageTokens?: number;
}

const loaded = new Map<PromptName, PromptData>();

function load(name: PromptName): PromptData {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const path = join(packageRoot, 'generator', 'prompt', `${name}.json`);
  const data = parsePromptData(JSON.parse(readFileSync(path, 'utf8')));
  loaded.set(name, data);
  return data;
}

/** Tokens a text takes at most, roughly: a Han character may take one, Latin text one for 3 letters. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const character of text)
    tokens += character > '\u{2E7F}' ? 1 : character > '\u{7F}' ? 0.7 : 1 / 3;
  return Math.ceil(tokens);
}

/** One line, without the delimiter. */
const quotable = (text: string): string =>
  text.replace(/\s+/gu, ' ').replace(/"{3,}/gu, '"').trim();

const fill = (pattern: string, values: Readonly<Record<string, string>>): string =>
  pattern.replace(/\{([a-z]+)\}/gu, (whole, key: string) => values[key] ?? whole);

/** Whole texts while they fit; the first one is cut rather than left out. */
function withinBudget(texts: readonly string[], maxTokens: number): string[] {
  const kept: string[] = [];
  let used = 0;
  for (const text of texts) {
    const tokens = estimateTokens(text);
    if (used + tokens <= maxTokens) kept.push(text);
    else if (kept.length === 0) {
      return [text.slice(0, Math.max(1, Math.floor((text.length * maxTokens) / tokens)))];
    } else break;
    used += tokens;
  }
  return kept;
}

/** The best evidence sentences over all references, best first, none twice. */
function bestEvidence(references: readonly Reference[]): EvidenceSentence[] {
  const seen = new Set<string>();
  return references
    .flatMap(({ evidence }) => evidence)
    .sort((a, b) => b.score - a.score)
    .filter(({ text }) => {
      const key = quotable(text);
      if (key === '' || seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

/** Builds a prompt of the given name. The question's language chooses the wording. */
export function buildPrompt(name: PromptName, input: PromptInput): Prompt {
  return fillPrompt(load(name), input);
}

/** A prompt's data, checked; throws a ZodError that names what is wrong. */
export const parsePromptData = (json: unknown): PromptData => promptSchema.parse(json);

/** `buildPrompt` for data from elsewhere, as the tuning of prompts needs it. */
export function fillPrompt(data: PromptData, input: PromptInput): Prompt {
  const budget = input.maxPageTokens ?? 1500;
  const question = quotable(input.question.text);
  if (data.kind === 'completion') {
    const used = input.references.slice(0, data.maxReferences);
    // Each reference gets its share of the budget.
    const share = Math.floor(budget / Math.max(1, used.length));
    const text = used
      .map((reference) =>
        fill(data.reference, {
          number: String(reference.number),
          text: withinBudget([quotable(reference.text)], share)[0] ?? '',
        }),
      )
      .join('');
    return { kind: 'completion', text: text + fill(data.end, { question }) };
  }
  const words = data.languages[input.question.language] ?? data.languages.other;
  const sentences = (input.evidence ?? bestEvidence(input.references))
    .slice(0, data.maxEvidence)
    .map(({ text }) => quotable(text));
  const texts =
    sentences.length > 0 ? sentences : input.references.map(({ text }) => quotable(text));
  const kept = withinBudget(texts, budget);
  if (data.bestLast) kept.reverse();
  const evidence = kept.map((text) => fill(words.item, { text })).join('\n');
  return {
    kind: 'chat',
    messages: [
      { role: 'system', content: words.system },
      { role: 'user', content: fill(words.user, { evidence, question }) },
    ],
  };
}
