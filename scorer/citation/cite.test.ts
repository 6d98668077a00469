import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CitedAnswer, Draft, Reference } from '../../src/core/nouns.ts';
import { cite } from './cite.ts';

function draft(
  text: string,
  kind: Draft['kind'] = 'generated',
  finishReason: Draft['finishReason'] = 'stop',
): Draft {
  return {
    kind,
    text,
    promptTokens: 1,
    completionTokens: 1,
    finishReason,
    meanLogProbability: null,
  };
}

function reference(number: number, title: string, text: string): Reference {
  return {
    number,
    title,
    text,
    url: `https://example.org/${number}#old`,
    site: 'example.org',
    language: 'en',
    publishedAt: null,
    fetchedAt: '2026-11-23T00:00:00Z',
    score: null,
    evidence: [],
  };
}

const references = [
  reference(1, 'Weather', 'It rained in Leeds on Monday. The match was cancelled.'),
  reference(
    2,
    'Super Bowl 50',
    "The Denver Broncos defeated the Carolina Panthers 24–10 to earn their third title.[12] The game was played on February 7, 2016, at Levi's Stadium.[13][14]",
  ),
  reference(3, '长城', '長城東起山海關，西至嘉峪關。明長城全長8851.8公里。'),
];
const context = { question: 'Who won Super Bowl 50?', language: 'en' };

/** What must hold for every cited answer, whatever went in. */
function check(cited: CitedAnswer, given: readonly Reference[]): void {
  let rest = '';
  let last = 0;
  for (const sentence of cited.sentences) {
    expect(cited.answer.slice(sentence.start, sentence.end)).toBe(sentence.text);
    expect(sentence.text).not.toMatch(/\[\d+\]/u);
    expect(sentence.citations.length).toBeGreaterThan(0);
    expect(sentence.citations.length).toBeLessThanOrEqual(2);
    rest += cited.answer.slice(last, sentence.start);
    last = sentence.end;
    const marks = sentence.citations.map((citation) => `[${citation.reference}]`).join('');
    expect(cited.answer.slice(sentence.end, sentence.end + marks.length)).toBe(marks);
    for (const citation of sentence.citations) {
      const source = given[citation.reference - 1];
      expect(source?.text.slice(citation.start, citation.end)).toBe(citation.quote);
      expect(citation.quote.length).toBeGreaterThan(0);
      expect(citation.url).toContain('#:~:text=');
      expect(citation.support).toBeGreaterThanOrEqual(0.5);
      expect(citation.support).toBeLessThanOrEqual(1);
    }
  }
  rest += cited.answer.slice(last);
  expect(rest.replace(/\[[1-9]\d*\]|\s/gu, '')).toBe('');
}

describe('cite', () => {
  it('cites a sentence by its own quote, without the page’s marks', () => {
    const cited = cite(
      draft(
        'The Denver Broncos defeated the Carolina Panthers 24–10 to earn their third title [1]. The game was played on February 7, 2016 [9].',
      ),
      references,
      context,
    );
    check(cited, references);
    expect(cited.answer).toBe(
      'The Denver Broncos defeated the Carolina Panthers 24–10 to earn their third title.[2] The game was played on February 7, 2016.[2]',
    );
    expect(cited.support).toBe(1);
  });

  it.each([
    ['a false number', 'The Denver Broncos defeated the Carolina Panthers 27–10.'],
    ['a false name', 'The Denver Broncos defeated the Seattle Seahawks 24–10.'],
    ['a denial', 'The Denver Broncos did not defeat the Carolina Panthers.'],
    ['exchanged roles', 'The Carolina Panthers defeated the Denver Broncos 24–10.'],
  ])('replaces %s by the quotation', (_, text) => {
    const cited = cite(draft(text), references, context);
    check(cited, references);
    expect(cited.answer).toBe(
      'The Denver Broncos defeated the Carolina Panthers 24–10 to earn their third title.[2]',
    );
  });

  it('cuts what nothing supports', () => {
    expect(
      cite(draft('Quantum computers use qubits for parallel work.'), references, context).sentences,
    ).toEqual([]);
    expect(cite(draft('[2]'), references, context).answer).toBe('');
    expect(cite(draft('I do not know.'), references, context).answer).toBe('');
  });

  it('accepts a paraphrase with the same facts', () => {
    const cited = cite(
      draft('The Denver Broncos won.\nThe game was played in February 2016 at Levi’s Stadium.'),
      references,
      context,
    );
    check(cited, references);
    expect(cited.answer).toContain('The game was played in February 2016 at Levi’s Stadium.[2]');
  });

  it('takes a bare answer with the sentence that answers the question', () => {
    const cited = cite(
      draft('October 1973'),
      [
        reference(
          1,
          '1973 oil crisis',
          'The 1973 oil crisis began in October 1973 with an embargo. It ended later.',
        ),
      ],
      { question: 'When did the 1973 oil crisis begin?', language: 'en' },
    );
    expect(cited.answer).toBe('October 1973.[1]');
    expect(cited.sentences[0]?.citations[0]?.quote).toContain('began in October 1973');
  });

  it('reads Traditional and Simplified as one, and joins without spaces', () => {
    const cited = cite(draft('长城东起山海关，西至嘉峪关。明长城全长8851.8公里。'), references, {
      question: '长城有多长？',
      language: 'zh',
    });
    check(cited, references);
    expect(cited.answer).toBe('长城东起山海关，西至嘉峪关。[3]明长城全长8851.8公里。[3]');
  });

  it('does not take a denied statement for the statement', () => {
    const denied = [reference(1, 'Moon', 'It is a myth that the moon is made of green cheese.')];
    expect(cite(draft('The moon is made of green cheese.'), denied, context).answer).not.toMatch(
      /^The moon is made/u,
    );
  });

  it('drops a sentence that was cut off, and repetitions', () => {
    const cited = cite(
      draft(
        'The match was cancelled. The match was cancelled. It rained in',
        'generated',
        'length',
      ),
      references,
      context,
    );
    expect(cited.answer).toBe('The match was cancelled.[1]');
  });

  it('holds its properties for any draft', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'The match was cancelled',
        'Denver Broncos',
        '[1]',
        '[99]',
        '【2】',
        '. ',
        '。',
        '\n\n',
        '- ',
        '24–10',
        '明長城',
        'not ',
        '😀',
        '𠮷',
      ),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 12 })
        .map((units) => String.fromCharCode(...units)),
      fc.constantFrom(...references.map(({ text }) => text)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        check(cite(draft(pieces.join('')), references, context), references);
      }),
      { numRuns: 50 },
    );
  });
});
