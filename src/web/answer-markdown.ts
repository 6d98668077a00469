/** An answer as Markdown with footnotes, for the clipboard. */
import type { Answer } from '../core/nouns.ts';

/** `[^n]` marks and one `[^n]: …` line for each cited reference, with its quotations, link, site and date. */
export function answerMarkdown(answer: Answer): string {
  const citations = answer.sentences.flatMap((sentence) => sentence.citations);
  const numbers = new Set(answer.references.map(({ number }) => number));
  const body = answer.answer.replace(/\[(\d+)\]/gu, (mark, digits: string) =>
    numbers.has(Number(digits)) ? `[^${digits}]` : mark,
  );
  const notes = answer.references.flatMap((reference) => {
    const own = citations.filter((citation) => citation.reference === reference.number);
    if (own.length === 0) return [];
    const quotes = [...new Set(own.map(({ quote }) => quote.replace(/\s+/gu, ' ').trim()))];
    const link = `[${escapeText(reference.title || reference.site)}](${linkTarget(own[0]?.url ?? reference.url)})`;
    const from = [link, reference.site, reference.published_at?.slice(0, 10)].filter(Boolean);
    return [
      `[^${reference.number}]: ${from.join(', ')}: ${quotes.map((quote) => `“${escapeText(quote)}”`).join(' … ')}`,
    ];
  });
  return [`**${escapeText(answer.question.replace(/\s+/gu, ' '))}**`, '', body, '', ...notes, '']
    .join('\n')
    .replace(/\n{3,}/gu, '\n\n');
}

/** What a page says must not become Markdown of ours. */
function escapeText(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~]/gu, String.raw`\$&`);
}

function linkTarget(url: string): string {
  return url.replace(/[\s()<>]/gu, (character) =>
    encodeURIComponent(character).replace('(', '%28').replace(')', '%29'),
  );
}
