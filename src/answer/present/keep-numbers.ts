/** Pages that an earlier answer of the conversation cited keep their number in the next one's list. */
import type { Reference } from '../../core/nouns.ts';

/**
 * Numbers 1..k for k pages, each once.
 * @param urls in their own order, which is kept where the conversation has no say
 * @param earlier number of each page in the conversation so far; numbers above k cannot be kept
 * @returns the number of each url, in the order of `urls`
 */
export function keepNumbers(
  urls: readonly string[],
  earlier: ReadonlyMap<string, number>,
): number[] {
  const taken = new Set<number>();
  const numbers = urls.map((url) => {
    const number = earlier.get(url);
    if (number === undefined || number > urls.length || taken.has(number)) return null;
    taken.add(number);
    return number;
  });
  let free = 1;
  return numbers.map((number) => {
    if (number !== null) return number;
    while (taken.has(free)) free += 1;
    taken.add(free);
    return free;
  });
}

/** References under the numbers that their pages have in the conversation, in order of number. */
export function numberReferences(
  references: readonly Reference[],
  earlier: ReadonlyMap<string, number>,
): readonly Reference[] {
  if (earlier.size === 0) return references;
  const numbers = keepNumbers(
    references.map(({ url }) => url),
    earlier,
  );
  return references
    .map((reference, index) => {
      const number = numbers[index] ?? reference.number;
      const evidence = reference.evidence.map((sentence) => ({ ...sentence, reference: number }));
      return { ...reference, number, evidence };
    })
    .sort((a, b) => a.number - b.number);
}
