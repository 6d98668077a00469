/**
 * What a claim is read against: the sentences, over one or several references, that together cover it
 * best, in the order of the references, each reference's part behind its title. Short enough for one
 * pass of the cross-encoder.
 */
import { splitSentences, type Span } from '../../src/core/sentences.ts';
import { countWords } from '../../src/core/tokens.ts';
import { coverage } from './align.ts';
import { profileOf, type TextProfile } from './text-profile.ts';

/** A reference cut into pieces of whole sentences or, where a sentence is endless, of whole words. */
export interface EvidenceSource {
  readonly text: string;
  readonly title: TextProfile;
  readonly pieces: readonly EvidencePiece[];
}

interface EvidencePiece {
  readonly start: number;
  readonly end: number;
  readonly words: number;
  readonly profile: TextProfile;
}

export interface ComposedEvidence {
  readonly text: string;
  /** Where the text comes from, in its order. */
  readonly spans: readonly { reference: number; start: number; end: number }[];
  /** 0..1, weighted share of the claim's words that the chosen pieces and their titles have. */
  readonly share: number;
}

/** Longer references are cut here: a claim's evidence is near the top, and time must stay bounded. */
const MAX_REFERENCE_CHARACTERS = 40_000;
const MOST_WORDS = 115;
const MOST_PIECE_WORDS = 60;
const MOST_PIECES = 8;
/** Least further share of the claim that one more piece must cover. */
const LEAST_GAIN = 0.03;
/** A piece that covers this much of what the best one covers is shown as well: it may say otherwise. */
const RIVAL = 0.5;

/** Reads a reference once, for many claims. */
export function readEvidenceSource(text: string, title = ''): EvidenceSource {
  const kept = text.slice(0, MAX_REFERENCE_CHARACTERS);
  return {
    text: kept,
    title: profileOf(title),
    pieces: splitSentences(kept).flatMap((span) => cutLong(kept, span)),
  };
}

function cutLong(text: string, { start, end }: Span): EvidencePiece[] {
  const piece = (from: number, to: number): EvidencePiece => {
    const own = text.slice(from, to);
    return { start: from, end: to, words: countWords(own), profile: profileOf(own) };
  };
  const whole = piece(start, end);
  if (whole.words <= MOST_PIECE_WORDS) return [whole];
  const pieces: EvidencePiece[] = [];
  const { tokens } = whole.profile;
  const parts = Math.ceil(whole.words / MOST_PIECE_WORDS);
  const size = Math.max(1, Math.ceil(tokens.length / parts));
  for (let at = 0; at < tokens.length; at += size) {
    const from = at === 0 ? start : start + (tokens[at]?.start ?? 0);
    const next = tokens[at + size];
    const to = next === undefined ? end : start + next.start;
    const trimmed = text.slice(from, to).trimEnd().length;
    if (trimmed > 0) pieces.push(piece(from, from + trimmed));
  }
  return pieces;
}

interface Candidate {
  readonly reference: number;
  readonly place: number;
  readonly piece: EvidencePiece;
  readonly covered: readonly number[];
  readonly share: number;
}

/** Time is linear in the references' length. */
export function composeEvidence(
  claim: TextProfile,
  sources: readonly EvidenceSource[],
): ComposedEvidence {
  const weights = rarityWeights(claim, sources);
  const total = Math.max(
    1e-9,
    weights.reduce((sum, weight) => sum + weight, 0),
  );
  const shareOf = (covered: readonly number[]): number =>
    covered.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0) / total;
  const candidates = sources.flatMap(({ pieces, title }, reference) => {
    const byTitle = coverage(claim, title).covered;
    return pieces.map((piece, place): Candidate => {
      const own = coverage(claim, piece.profile).covered;
      // The title says what the text is about; it carries little by itself.
      const covered = own.map((value, index) => Math.max(value, 0.5 * (byTitle[index] ?? 0)));
      return { reference, place, piece, covered, share: shareOf(own) };
    });
  });
  const chosen: Candidate[] = [];
  let words = 0;
  let reached: readonly number[] = claim.tokens.map(() => 0);
  const take = (candidate: Candidate): void => {
    chosen.push(candidate);
    words += candidate.piece.words;
    reached = reached.map((value, index) => Math.max(value, candidate.covered[index] ?? 0));
  };
  const fits = (candidate: Candidate): boolean =>
    !chosen.includes(candidate) &&
    (chosen.length === 0 || words + candidate.piece.words <= MOST_WORDS);
  while (chosen.length < MOST_PIECES) {
    let best: Candidate | undefined;
    let most = LEAST_GAIN;
    for (const candidate of candidates) {
      if (!fits(candidate)) continue;
      const beside = chosen.some((one) => areBeside(one, candidate)) ? 0.02 : 0;
      const gain =
        shareOf(reached.map((value, index) => Math.max(value, candidate.covered[index] ?? 0))) -
        shareOf(reached);
      // Of equal ones the sentence that says more of the claim by itself.
      const worth = gain + beside + 0.05 * candidate.share;
      if (gain >= LEAST_GAIN / 2 && worth > most) [best, most] = [candidate, worth];
    }
    if (best === undefined) break;
    take(best);
  }
  const top = Math.max(0, ...chosen.map(({ share }) => share));
  for (const rival of candidates.toSorted((a, b) => b.share - a.share)) {
    if (chosen.length >= MOST_PIECES || rival.share < RIVAL * top || rival.share <= 0.1) break;
    if (fits(rival)) take(rival);
  }
  // Neighbours say who "he" is and what follows.
  for (const step of [-1, 1]) {
    for (const one of chosen.slice(0, 2)) {
      const neighbour = candidates.find(
        ({ reference, place }) => reference === one.reference && place === one.place + step,
      );
      if (neighbour !== undefined && fits(neighbour)) take(neighbour);
    }
  }
  return { ...written(chosen, sources), share: shareOf(reached) };
}

function areBeside(a: Candidate, b: Candidate): boolean {
  return a.reference === b.reference && Math.abs(a.place - b.place) === 1;
}

function written(
  chosen: readonly Candidate[],
  sources: readonly EvidenceSource[],
): Pick<ComposedEvidence, 'text' | 'spans'> {
  const inOrder = chosen.toSorted((a, b) => a.reference - b.reference || a.place - b.place);
  let text = '';
  let last: Candidate | undefined;
  for (const one of inOrder) {
    const title = sources[one.reference]?.title.text ?? '';
    if (last?.reference !== one.reference) {
      text += `${text === '' ? '' : '\n'}${title === '' ? '' : `${title.slice(0, 80)}: `}`;
    } else text += last.place + 1 === one.place ? ' ' : ' … ';
    text += one.piece.profile.text;
    last = one;
  }
  const spans = inOrder.map(({ reference, piece: { start, end } }) => ({ reference, start, end }));
  return { text, spans };
}

/** Weights of the claim's tokens by how rare they are among the pieces. */
function rarityWeights(claim: TextProfile, sources: readonly EvidenceSource[]): number[] {
  const pieces = sources.flatMap((source) => source.pieces);
  return claim.tokens.map((token) => {
    const has = pieces.reduce(
      (count, { profile }) => count + (profile.words.has(token.text) ? 1 : 0),
      0,
    );
    return token.weight * Math.log(1 + (pieces.length + 1) / (has + 0.5));
  });
}
