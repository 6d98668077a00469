/**
 * Sentences of the frozen web (CC BY-SA) left as they are, shortened, or made false in one place: a
 * changed number, a name of another page, a negation, or a sentence of another page. The same makers
 * serve the citation bench.
 */
import { readQuantities } from '../../../scorer/support/quantities.ts';
import { namesOf } from '../../../scorer/support/features.ts';
import { profileOf } from '../../../scorer/support/text-profile.ts';
import { splitSentences } from '../../../src/core/sentences.ts';
import { seededRandom } from '../trees/seeded-random.ts';
import { readRows, type LabelledClaim } from './support-data.ts';

export interface FrozenPage {
  readonly page_id: string;
  readonly title: string;
  readonly lang: string;
  readonly paragraphs: readonly { readonly para_id: string; readonly text: string }[];
}

const HAN = /\p{Script=Han}/u;

/** Changes one number of the sentence (digits only), or null where it has none. */
export function changeNumber(sentence: string, random: () => number): string | null {
  const digits = [...sentence.matchAll(/\d+/gu)].filter((match) => !match[0].startsWith('0'));
  const chosen = digits[Math.floor(random() * digits.length)];
  if (chosen === undefined) return null;
  const old = Number(chosen[0]);
  const fresh = String(old + 1 + Math.floor(random() * Math.max(3, Math.min(old, 40))));
  const changed =
    sentence.slice(0, chosen.index) + fresh + sentence.slice(chosen.index + chosen[0].length);
  const before = new Set(readQuantities(sentence).map(({ key }) => key));
  return readQuantities(changed).every(({ key }) => before.has(key)) ? null : changed;
}

/** Puts a foreign name in the place of one of the sentence's names; English only. */
export function changeName(
  sentence: string,
  foreign: readonly string[],
  random: () => number,
): string | null {
  const profile = profileOf(sentence);
  const names = profile.tokens.filter((token) => token.name);
  const chosen = names[Math.floor(random() * names.length)];
  const fresh = foreign[Math.floor(random() * foreign.length)];
  if (chosen === undefined || fresh === undefined) return null;
  if (profile.words.has(profileOf(fresh).tokens[0]?.text ?? '')) return null;
  return sentence.slice(0, chosen.start) + fresh + sentence.slice(chosen.end);
}

/** Turns the sentence into its denial, or null where no simple way is known. */
export function negate(sentence: string): string | null {
  if (HAN.test(sentence)) {
    if (/[不没沒无無未非]/u.test(sentence)) return null;
    const changed = sentence.replace(
      /(?<![但就还還也而要只总總真正都便即于於算若])是(?!否|非)/u,
      '不是',
    );
    return changed === sentence ? null : changed;
  }
  if (/\b(?:not|no|never|none|without|neither|nor)\b|n['’]t/iu.test(sentence)) return null;
  const changed = sentence.replace(/\b(is|was|are|were|has|had|can|could|would|will)\b/u, '$1 not');
  return changed === sentence ? null : changed;
}

export function frozenPages(): FrozenPage[] {
  return readRows<FrozenPage>('frozen-web-dev/pages.jsonl.gz');
}

/** Source form of names of a text, for `changeName` on other pages. */
export function sourceNames(text: string): string[] {
  const profile = profileOf(text);
  const folded = new Set(namesOf(profile));
  return profile.tokens
    .filter((token) => folded.has(token.text))
    .map((token) => text.slice(token.start, token.end));
}

/** Labelled claims from paragraphs, `count` paragraphs of both languages. */
export function corruptedClaims(count: number): LabelledClaim[] {
  const random = seededRandom(11);
  const pages = frozenPages();
  const english = pages.filter(({ lang }) => lang === 'en');
  const chinese = pages.filter(({ lang }) => lang !== 'en');
  const claims: LabelledClaim[] = [];
  for (let index = 0; index < count; index += 1) {
    const pool = index % 2 === 0 ? english : chinese;
    const page = pool[Math.floor(random() * pool.length)] as FrozenPage;
    const other = pool[Math.floor(random() * pool.length)] as FrozenPage;
    const text = page.paragraphs[Math.floor(random() * page.paragraphs.length)]?.text ?? '';
    const spans = splitSentences(text);
    const span = spans[Math.floor(random() * spans.length)];
    if (span === undefined || page === other) continue;
    const sentence = text.slice(span.start, span.end);
    if (sentence.length < 15) continue;
    const make = (claim: string | null, attributable: boolean): void => {
      if (claim !== null)
        claims.push({
          source: 'corrupted',
          group: page.page_id,
          claim,
          references: [text],
          attributable,
        });
    };
    make(sentence, true);
    make(shorten(sentence), true);
    const kind = index % 3;
    if (kind === 0) make(changeNumber(sentence, random), false);
    else if (kind === 1) make(negate(sentence), false);
    else make(changeName(sentence, sourceNames(other.paragraphs[0]?.text ?? ''), random), false);
    const foreign = other.paragraphs[0]?.text ?? '';
    const first = splitSentences(foreign)[0];
    make(first === undefined ? null : foreign.slice(first.start, first.end), false);
  }
  return claims;
}

/** The sentence without its brackets or its last clause: still true. */
export function shorten(sentence: string): string | null {
  const bare = sentence.replace(/\s*[（(][^()（）]*[)）]/gu, '');
  if (bare !== sentence) return bare;
  const cut = Math.max(sentence.lastIndexOf(', '), sentence.lastIndexOf('，'));
  return cut > sentence.length / 2
    ? sentence.slice(0, cut) + (HAN.test(sentence) ? '。' : '.')
    : null;
}
