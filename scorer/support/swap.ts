/**
 * Things that have changed their places: `Anselm sold the mill to Lund` against `Lund sold the mill to
 * Anselm`, active against passive, in any script. Found by what stands on both sides of the same words.
 */
import type { TextProfile, ProfileToken } from './text-profile.ts';

const PASSIVE_BY = new Set(['by', '被', '由', 'von', 'par', 'por']);
/** Stemmed as well as plain. */
const BE = new Set(['is', 'wa', 'was', 'ar', 'are', 'were', 'been', 'be', 'being']);
const ARTICLE = new Set(['the', 'a', 'an', 'their', 'his', 'her', 'it']);
/** Between two things that may change places without a change of meaning. */
const SYMMETRIC =
  /\b(?:and|or|with|versus|vs|near|border\w*|marr(?:y|ied)|met|meets|equal\w*|differ\w*|between|both|like|alongside|than|as well as|together)\b|和|与|與|及|或|跟|同|结婚|結婚|相邻|相鄰|接壤|不同|之间|之間/iu;
const MOST_BETWEEN = 6;
/** Characters of a name in a script without spaces. */
const MOST_NAME = 6;
const HAN_PARTICLE = /^[了过過的在于於地得]$/u;

interface Relation {
  readonly agent: string;
  readonly patient: string;
  /** What links them, without grammar. */
  readonly link: readonly string[];
}

/** How many relations of the claim stand in the evidence the other way round, and never as claimed. */
export function swapClashes(claim: TextProfile, evidence: TextProfile): number {
  const unspaced = claim.tokens.filter((token) => token.unspaced).length * 2 > claim.tokens.length;
  return unspaced ? swappedCharacters(claim, evidence) : swappedWords(claim, evidence);
}

function swappedWords(claim: TextProfile, evidence: TextProfile): number {
  const theirs = relations(evidence);
  let clashes = 0;
  for (const mine of relations(claim)) {
    const same = theirs.filter(({ link }) => link.some((word) => mine.link.includes(word)));
    const reversed = same.some((one) => one.agent === mine.patient && one.patient === mine.agent);
    const kept = same.some((one) => one.agent === mine.agent && one.patient === mine.patient);
    if (!kept && reversed) clashes += 1;
  }
  return clashes + agentClashes(claim, evidence);
}

const OTHER_ROLE = new Set(['to', 'from', 'for', 'against']);

/** `sold by Anselm` where the evidence, in the active voice, says `sold … to Anselm`. */
function agentClashes(claim: TextProfile, evidence: TextProfile): number {
  if (evidence.tokens.some(({ text }) => PASSIVE_BY.has(text))) return 0;
  return claim.tokens.filter((token, index) => {
    const verb = claim.tokens[index - 2];
    if (!token.name || claim.tokens[index - 1]?.text !== 'by' || verb === undefined) return false;
    if (!evidence.words.has(verb.text)) return false;
    const before = evidence.tokens.flatMap(({ text }, at) =>
      text === token.text ? [evidence.tokens[at - 1]?.text ?? ''] : [],
    );
    return before.length > 0 && before.every((text) => OTHER_ROLE.has(text));
  }).length;
}

/** Neighbouring things with a verb or the like between them; the passive is turned round. */
function relations(profile: TextProfile): Relation[] {
  const things = profile.tokens
    .map((token, index) => ({ token, index }))
    .filter(({ token }) => token.weight > 0.2 && !token.unspaced);
  const found: Relation[] = [];
  for (const [place, left] of things.entries()) {
    for (const right of things.slice(place + 2, place + 2 + MOST_BETWEEN)) {
      const between = profile.tokens.slice(left.index + 1, right.index);
      if (between.length > 2 * MOST_BETWEEN) break;
      const source = profile.text.slice(left.token.end, right.token.start);
      if (/[;:.!?]\s/u.test(source) || SYMMETRIC.test(source)) break;
      const link = between.filter((token) => token.weight > 0.2).map(({ text }) => text);
      if (link.length === 0 || left.token.text === right.token.text) continue;
      const last = between.findLast(({ text }) => !ARTICLE.has(text))?.text ?? '';
      const passive = between.some(({ text }) => BE.has(text));
      // "Dogs are allowed on the ferry" has no agent: nothing can be said of who does what.
      if (passive && !PASSIVE_BY.has(last)) continue;
      const [agent, patient] = passive ? [right.token, left.token] : [left.token, right.token];
      found.push({ agent: agent.text, patient: patient.text, link });
    }
  }
  return found;
}

/** The same for characters: A m B in the claim, B m A in the evidence, m at least two characters. */
function swappedCharacters(claim: TextProfile, evidence: TextProfile): number {
  const mine = bare(claim.tokens);
  const theirs = bare(evidence.tokens).join('\u0001');
  const passiveMine = /被|由/u.test(claim.text);
  if (passiveMine !== /被|由/u.test(evidence.text)) return 0;
  const join = (from: number, to: number): string => mine.slice(from, to).join('\u0001');
  const has = (text: string): boolean => `\u0001${theirs}\u0001`.includes(`\u0001${text}\u0001`);
  for (let from = 2; from + 4 <= mine.length; from += 1) {
    for (let to = from + 2; to <= Math.min(mine.length - 2, from + 8); to += 1) {
      const middle = join(from, to);
      if (!has(middle)) break;
      if (SYMMETRIC.test(middle.replaceAll('\u0001', ''))) continue;
      for (let left = 2; left <= Math.min(MOST_NAME, from); left += 1) {
        for (let right = 2; right <= Math.min(MOST_NAME, mine.length - to); right += 1) {
          const [a, b] = [join(from - left, from), join(to, to + right)];
          if (a === b || !has(`${b}\u0001${middle}\u0001${a}`)) continue;
          if (!has(`${a}\u0001${middle}\u0001${b}`)) return 1;
        }
      }
    }
  }
  return 0;
}

function bare(tokens: readonly ProfileToken[]): string[] {
  return tokens.map(({ text }) => text).filter((text) => !HAN_PARTICLE.test(text));
}
