/**
 * The cascade that both stages of ranking share: BM25F over all passages, sentences and their similarity
 * over the best few, then the reader over the best of those, and all of it put together.
 */
import type { Fields } from './bm25f.ts';
import type { Embedder } from '../../src/core/seams.ts';
import type { Reader, Reading } from '../../src/runtime/reader/reader.ts';
import { collectEvidence, type CollectedEvidence } from './collect-evidence.ts';
import { denseRanks, isForeign } from './dense-ranks.ts';
import type { EvidenceModel } from './evidence-model.ts';
import type { FusedPassage, FusionModel } from './fuse-readings.ts';
import { passageScores, type PassageScore } from './passage-scores.ts';

/** Passages that the reader looks at. */
const READ_PASSAGES = 8;
const READ_FOREIGN = 16;
/** Sentences that are embedded: beside the reader some two dozen say as much as twice as many (measured). */
const EMBEDDED_BESIDE_READER = 28;

export interface RankModels {
  /** null: words alone. */
  readonly embedder: Embedder | null;
  readonly evidence: Pick<EvidenceModel, 'probabilities' | 'answerability'>;
  /** null: no cross-encoder. */
  readonly reading: {
    readonly reader: Pick<Reader, 'read'>;
    readonly fusion: FusionModel;
  } | null;
}

export interface JudgedPassages {
  readonly evidence: CollectedEvidence;
  /** One for each passage, in their order; `score` orders them. */
  readonly scores: readonly PassageScore[];
  /** One for each candidate sentence: the probability that it holds the answer. */
  readonly probabilities: readonly number[];
  /** 0..1: do the passages hold an answer? */
  readonly answerability: number;
  /** What the reader said, by passage. */
  readonly readings: ReadonlyMap<number, Reading>;
  /** Milliseconds that the reader took. */
  readonly readMs: number;
}

/** @throws FootnoteError `cancelled`, `timeout` */
export async function judgePassages(
  question: string,
  passages: readonly Fields[],
  models: RankModels,
  options: { readonly signal: AbortSignal },
): Promise<JudgedPassages> {
  // Words find nothing across scripts: similarity chooses what is looked at, and what is read.
  const foreign =
    models.embedder !== null && isForeign(question, passages)
      ? await denseRanks(question, passages, models.embedder, options)
      : undefined;
  const evidence = await collectEvidence(question, passages, models.embedder, {
    ...options,
    ranks: foreign,
    ...(models.reading === null
      ? {}
      : { limits: { passages: 20, sentences: EMBEDDED_BESIDE_READER } }),
  });
  const words = models.evidence.probabilities(evidence);
  const base = passageScores(evidence, words);
  const answerability = passages.length === 0 ? 0 : models.evidence.answerability(evidence, words);
  if (models.reading === null || passages.length === 0) {
    const readings = new Map<number, Reading>();
    return { evidence, scores: base, probabilities: words, answerability, readings, readMs: 0 };
  }
  const { reader, fusion } = models.reading;
  const began = performance.now();
  const chosen = base
    .map(({ score }, at) => ({ score, at }))
    .sort((a, b) =>
      foreign === undefined
        ? b.score - a.score || a.at - b.at
        : (foreign[a.at] ?? 0) - (foreign[b.at] ?? 0),
    )
    .slice(0, foreign === undefined ? READ_PASSAGES : READ_FOREIGN)
    .map(({ at }) => at);
  const read = await reader.read(
    chosen.map((at) => {
      const { title = '', text = '' } = passages[at] ?? {};
      return { question, title, text };
    }),
    options,
  );
  const readings = new Map(chosen.map((at, place) => [at, read[place] as Reading]));
  const readMs = performance.now() - began;
  const fusedPassages = base.map(({ score }, at): FusedPassage => ({
    // Across scripts the words only add noise.
    base: foreign === undefined ? score : 0,
    reading: readings.get(at) ?? null,
  }));
  const scores = fusion.passages(fusedPassages);
  const sentences = evidence.candidates.map(({ passage, start, end }, at) => ({
    passage,
    probability: words[at] ?? 0,
    mass: startMass(readings.get(passage), start, end),
  }));
  const probabilities = fusion.sentences(sentences, fusedPassages);
  const holds = passageScores(evidence, probabilities);
  return {
    evidence,
    scores: holds.map((one, at) => ({ ...one, score: scores[at] ?? 0 })),
    probabilities,
    answerability: fusion.answerable(
      answerability,
      sentences,
      fusion.sentences(sentences, fusedPassages, 1),
      fusedPassages,
    ),
    readings,
    readMs,
  };
}

/** Probability that the answer begins between two offsets of the passage. */
function startMass(reading: Reading | undefined, start: number, end: number): number {
  let mass = 0;
  reading?.tokenStarts.forEach((from, token) => {
    if (from >= start && from < end) mass += reading.startProbabilities[token] ?? 0;
  });
  return mass;
}
