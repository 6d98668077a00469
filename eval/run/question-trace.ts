/** What went on inside one question: seen at the pipeline's parts, which work as they always do. */
import type { PipelineParts } from '../../src/answer/pipeline-parts.ts';
import type { Draft, Reference, ScoredAnswer } from '../../src/core/nouns.ts';

export interface QuestionTrace {
  results: { readonly url: string; readonly title: string; readonly provider: string }[];
  /** URLs of the pages that were read. */
  read: readonly string[];
  references: readonly Reference[];
  answerability: number | null;
  /** 0..1: that the references hold an answer, as the decision to answer sees it. */
  confidence: number | null;
  pages: number;
  drafts: readonly Draft[];
  /** The best supported answer, even where it was withheld. */
  best: ScoredAnswer | null;
  /** All answers that were chosen among, best first. */
  candidates: readonly ScoredAnswer[];
}

export function emptyTrace(): QuestionTrace {
  return {
    results: [],
    read: [],
    references: [],
    answerability: null,
    confidence: null,
    pages: 0,
    drafts: [],
    best: null,
    candidates: [],
  };
}

/** The same parts, writing down in `trace` what passes through them. For one question only. */
export function tracedParts(parts: PipelineParts, trace: QuestionTrace): PipelineParts {
  return {
    ...parts,
    search: async (...call) => {
      const found = await parts.search(...call);
      trace.results = found.results.map(({ url, title, provider }) => ({ url, title, provider }));
      return found;
    },
    readPages: async (...call) => {
      const pages = await parts.readPages(...call);
      trace.read = pages.documents.map(({ url }) => url);
      return pages;
    },
    references: async (...call) => {
      const ranked = await parts.references(...call);
      trace.references = ranked.references;
      trace.answerability = ranked.answerability;
      return ranked;
    },
    judge: async (input, options) => {
      trace.drafts = input.drafts;
      trace.pages = input.pages;
      const judged = await parts.judge(input, options);
      trace.best = judged.best;
      trace.confidence = judged.confidence ?? null;
      if ('candidates' in judged && Array.isArray(judged.candidates)) {
        trace.candidates = judged.candidates as readonly ScoredAnswer[];
      }
      return judged;
    },
  };
}
