/** A verification for people: each sentence with its verdict and quotes, and the count. */
import type { Verification, VerifiedSentence } from './verification.ts';

const SIGNS = {
  supported: '✓',
  partly: '~',
  unsupported: '✗',
  contradicted: '!',
  'no-claim': ' ',
} as const satisfies Record<VerifiedSentence['verdict'], string>;

const oneLine = (text: string): string => text.replace(/\s+/gu, ' ').trim();

/** One line a sentence, its quotes below it, and a last line that counts the verdicts. */
export function verificationText({ sentences, references, summary }: Verification): string {
  const lines = sentences.flatMap(({ text, verdict, citations }) => [
    `${SIGNS[verdict]} ${verdict.padEnd(12)} ${oneLine(text)}`,
    ...citations.map(({ reference, quote, url }) => {
      const title = references.find(({ number }) => number === reference)?.title ?? '';
      const named = [`[${reference}]`, title, url ?? ''].filter((part) => part !== '').join(' ');
      return `                 “${oneLine(quote)}” ${named}`;
    }),
  ]);
  return [...lines, '', summaryLine(summary)].join('\n');
}

/** `3 supported, 1 unsupported`: the verdicts that occur, in this order. */
function summaryLine(summary: Verification['summary']): string {
  const named = Object.entries(summary).filter(([, count]) => count > 0);
  return named.map(([name, count]) => `${count} ${name.replace('_', ' ')}`).join(', ');
}
