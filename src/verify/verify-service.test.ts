import { describe, expect, it } from 'vitest';
import { textClaims } from '../../scorer/verify/text-claims.ts';
import { lastVerification } from './last-verification.ts';
import type { VerifyEvent } from './verification.ts';
import type { VerifyParts } from './verify-parts.ts';
import { VerifyService } from './verify-service.ts';

const { signal } = new AbortController();

/** A judge that looks for the claim word for word. */
function parts(more: Partial<VerifyParts> = {}): VerifyParts {
  return {
    textClaims: (text) => Promise.resolve(textClaims(text)),
    verifyClaims: ({ claims, references }) =>
      Promise.resolve(
        claims.map(({ claim, only }) => {
          const reference = references.findIndex(
            ({ text }, index) => (only?.includes(index) ?? true) && text.includes(claim),
          );
          const start = reference === -1 ? 0 : (references[reference]?.text.indexOf(claim) ?? 0);
          const held = reference !== -1;
          return {
            verdict: held ? ('supported' as const) : ('unsupported' as const),
            support: held ? 1 : 0,
            attributable: held,
            evidence: held ? [{ reference, start, end: start + claim.length }] : [],
          };
        }),
      ),
    search: () => Promise.reject(new Error('no search')),
    readPages: () => Promise.reject(new Error('no pages')),
    linkTo: (url, quote) => `${url}#:~:text=${encodeURIComponent(quote)}`,
    ...more,
  };
}

describe('VerifyService', () => {
  it('gives every sentence a verdict, its quote and a link, and covers the text', async () => {
    const text = '# Mills\n\nThe mill is old.[1] The mill is blue.[2]\nIt stands.[7]';
    const events: VerifyEvent[] = [];
    const made = await lastVerification(
      new VerifyService(parts()).verify(
        {
          text,
          references: [
            { title: 'A', url: 'https://example.org/a', text: 'Yes. The mill is old.' },
            { text: 'Nothing.' },
          ],
        },
        { signal },
      ),
      (event) => {
        events.push(event);
      },
    );
    expect(made.sentences.map((one) => [one.text, one.verdict, one.named])).toEqual([
      ['# Mills', 'no-claim', []],
      ['The mill is old.[1]', 'supported', [1]],
      ['The mill is blue.[2]', 'unsupported', [2]],
      ['It stands.[7]', 'unsupported', []],
    ]);
    for (const one of made.sentences) expect(text.slice(one.start, one.end)).toBe(one.text);
    expect(made.sentences[1]?.citations).toEqual([
      {
        reference: 1,
        quote: 'The mill is old.',
        start: 5,
        end: 21,
        url: 'https://example.org/a#:~:text=The%20mill%20is%20old.',
        support: 1,
      },
    ]);
    expect(made.summary).toEqual({
      supported: 1,
      partly: 0,
      unsupported: 2,
      contradicted: 0,
      no_claim: 1,
    });
    expect(made.warnings).toEqual([
      { code: 'reference-not-given', message: expect.stringContaining('[7]') as string },
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      'references',
      'sentence-end',
      'sentence-end',
      'sentence-end',
      'sentence-end',
      'verify-end',
    ]);
  });

  it("follows the text's own list of sources to the reference with that URL", async () => {
    const made = await lastVerification(
      new VerifyService(parts()).verify(
        {
          text: 'The mill is old.[9]\n\n[9]: https://www.example.org/b/',
          references: [
            { url: 'https://example.org/a', text: 'The mill is old.' },
            { url: 'https://example.org/b', text: 'Something else.' },
          ],
        },
        { signal },
      ),
    );
    expect(made.sentences[0]).toMatchObject({ verdict: 'unsupported', named: [2] });
  });

  it.each([
    [{ text: 'x' }, 'exactly one'],
    [{ text: 'x', references: [{ text: 'y' }], urls: ['https://example.org'] }, 'exactly one'],
    [{ text: ' ', search: true }, 'empty'],
    [{ text: 'x', references: [] }, 'nothing to check'],
    [{ text: 'x'.repeat(200_001), search: true }, '200000'],
    [{ text: 'x', references: [{ text: 'y'.repeat(2_000_001) }] }, '2000000'],
  ])('refuses a request that cannot be carried out', async (request, said) => {
    await expect(
      lastVerification(new VerifyService(parts()).verify(request, { signal })),
    ).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining(said) as string,
    });
  });

  it('stops between two sentences when the caller leaves', async () => {
    const controller = new AbortController();
    let calls = 0;
    const service = new VerifyService(
      parts({
        verifyClaims: (input, options) => {
          calls += 1;
          controller.abort();
          if (calls > 1) options.signal.throwIfAborted();
          return parts().verifyClaims(input, options);
        },
      }),
    );
    const text = Array.from({ length: 40 }, (_, at) => `Sentence ${at} is here.`).join(' ');
    await expect(
      lastVerification(
        service.verify({ text, references: [{ text }] }, { signal: controller.signal }),
      ),
    ).rejects.toThrow();
    expect(calls).toBe(2);
  });
});
