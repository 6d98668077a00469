/** Sources that disagree, and premises that the sources contradict, in English and Chinese. */
import { describe, expect, it } from 'vitest';
import { draftOf } from '../../src/core/draft-of.ts';
import type { Draft, Reference } from '../../src/core/nouns.ts';
import { splitSentences } from '../../src/core/sentences.ts';
import { cite } from '../citation/cite.ts';
import { judgeDrafts } from '../judge-drafts.ts';
import { isAboutNow } from './about-now.ts';
import { reportDisagreement } from './disagreement.ts';
import { contradictedPremise } from '../abstain/premise.ts';

let made = 0;
/** A reference whose first sentence is its evidence; `answer` is what the cross-encoder points at. */
function source(
  text: string,
  publishedAt: string | null,
  { answer = '', title = 'Page', score = 0.8 } = {},
): Reference {
  made += 1;
  const [{ start, end } = { start: 0, end: text.length }] = splitSentences(text);
  const at = text.indexOf(answer);
  return {
    number: made,
    url: `https://site${made}.example/page`,
    title,
    site: `site${made}.example`,
    language: /\p{Script=Han}/u.test(text) ? 'zh' : 'en',
    publishedAt,
    fetchedAt: '2026-11-23T00:00:00Z',
    text,
    score,
    evidence: [{ reference: made, start, end, text: text.slice(start, end), score }],
    answerSpan:
      answer === ''
        ? undefined
        : { start: at, end: at + answer.length, span: 0.7, none: 0.05, answerable: 3 },
  };
}
const draft = (text: string): Draft => draftOf(text, 'extractive');
/** What is said of two sources when the first one's sentence was chosen. */
function reported(question: string, sources: readonly Reference[], language = 'en') {
  const chosen = sources[0]?.evidence[0]?.text ?? '';
  const best = cite(draft(chosen), sources.slice(0, 1), { question, language });
  return reportDisagreement(best, sources, question, language);
}

describe('sources that disagree', () => {
  const question = 'How long is the Arbel Bridge?';
  const old = (): Reference =>
    source('The Arbel Bridge is 295 metres long.', '2019-05-02', { answer: '295 metres' });
  const fresh = (): Reference =>
    source('The Arbel Bridge is 310 metres long since its renewal.', '2025-03-31T10:00:00Z', {
      answer: '310 metres',
    });

  it('are both reported with their dates, the newer first when the question is about now', () => {
    const sources = [old(), fresh()];
    const { answer, sentences, support } = reported(question, sources);
    expect(answer).toMatch(
      /^Sources differ: The Arbel Bridge is 310 metres long since its renewal \(site\d+\.example, 2025-03-31\)\.\[\d+\] Another source: The Arbel Bridge is 295 metres long \(site\d+\.example, 2019-05-02\)\.\[\d+\]$/u,
    );
    expect(support).toBeGreaterThan(0.9);
    for (const { text, start, end, citations } of sentences) {
      expect(answer.slice(start, end)).toBe(text);
      for (const { reference, quote, start: from, end: to } of citations) {
        expect(sources.find(({ number }) => number === reference)?.text.slice(from, to)).toBe(
          quote,
        );
      }
    }
  });

  it('keep the chosen one first when the question is about the past', () => {
    const { sentences } = reported('How long was the Arbel Bridge?', [old(), fresh()]);
    expect(sentences.map(({ text }) => /\d{3} metres/u.exec(text)?.[0])).toEqual([
      '295 metres',
      '310 metres',
    ]);
  });

  it('are reported in Chinese, dates and all', () => {
    const sources = [
      source('阿贝尔大桥于1974年建成通车。', '2012-01-05', { answer: '1974年' }),
      source('阿贝尔大桥于1976年建成通车。', null, { answer: '1976年' }),
    ];
    const { answer } = reported('阿贝尔大桥哪一年建成通车？', sources, 'zh');
    expect(answer).toMatch(
      /^来源说法不一：阿贝尔大桥于1974年建成通车（site\d+\.example，2012-01-05）。\[\d+\]另一来源：阿贝尔大桥于1976年建成通车（site\d+\.example）。\[\d+\]$/u,
    );
  });

  it('names that differ are told where the cross-encoder is sure of both', () => {
    const sources = [
      source('The mayor of Arbel is Ruth Kessler.', '2020-02-02', { answer: 'Ruth Kessler' }),
      source('The mayor of Arbel is Tomas Lind.', '2025-02-02', { answer: 'Tomas Lind' }),
    ];
    const { answer } = reported('Who is the mayor of Arbel?', sources);
    expect(answer.indexOf('Tomas Lind')).toBeLessThan(answer.indexOf('Ruth Kessler'));
    expect(answer.indexOf('Tomas Lind')).toBeGreaterThan(0);
  });

  it.each([
    ['rounded', 'The Arbel Bridge is about 300 metres long.', '300 metres'],
    ['of another thing', 'The Sorne Bridge is 410 metres long.', '410 metres'],
    ['another quantity', 'The Arbel Bridge carries 18,000 cars a day.', '18,000'],
    [
      'known to both',
      'The Arbel Bridge is 310 metres long. Until its renewal it was 295 metres long.',
      '310 metres',
    ],
  ])('what is %s is no disagreement', (_, text, answer) => {
    const plain = reported(question, [old(), source(text, '2025-03-31', { answer })]);
    expect(plain.answer).toMatch(/^The Arbel Bridge is 295 metres long\.\[\d+\]$/u);
  });

  it('asks about now: said outright or in the present tense', () => {
    const now = [
      'Who is the mayor of Arbel?',
      'What is the current price?',
      '阿贝尔的现任市长是谁？',
    ];
    const then = ['Who was the mayor in 1990?', 'When was it built?', '大桥何时建成？'];
    expect(now.filter((one) => !isAboutNow(one))).toEqual([]);
    expect(then.filter((one) => isAboutNow(one))).toEqual([]);
  });
});

describe('a false premise', () => {
  const bridge = source(
    'In 1974 the engineer Ruth Kessler opened the Arbel Bridge to traffic.',
    null,
    { answer: 'Ruth Kessler', title: 'Arbel Bridge' },
  );

  it('of a year is told from the source, and is not answered', () => {
    const question = 'Who opened the Arbel Bridge to traffic in 1984?';
    const premise = contradictedPremise(question, [bridge], 'en');
    expect(premise?.exact).toBe(true);
    expect(premise?.sentence.text).toBe(
      'The sources say 1974, not 1984: In 1974 the engineer Ruth Kessler opened the Arbel Bridge to traffic.',
    );
    const judged = judgeDrafts({
      question,
      drafts: [draft(bridge.evidence[0]?.text ?? '')],
      references: [bridge],
      answerability: 0.95,
      pages: 3,
      language: 'en',
    });
    expect(judged.abstained).toBe(true);
    expect(judged.premise?.citations[0]?.reference).toBe(bridge.number);
  });

  it('of a name is told without a guess at the right one', () => {
    const premise = contradictedPremise(
      'When did Gerald Moss open the Arbel Bridge to traffic?',
      [bridge],
      'en',
    );
    expect(premise?.exact).toBe(false);
    expect(premise?.sentence.text).toContain('do not say this of Gerald Moss');
  });

  it('is told in Chinese', () => {
    const page = source('阿贝尔大桥由鲁特于1974年主持建成通车。', null);
    const premise = contradictedPremise('1984年主持建成阿贝尔大桥的是谁？', [page], 'zh');
    expect(premise?.sentence.text).toContain('来源说的是1974，不是1984：');
  });

  it('is not seen in a question for a century', () => {
    const page = source('钦察人于11世纪时与乔治亚人联合抵抗入侵。', null);
    expect(
      contradictedPremise('钦察人在哪一世纪时与乔治亚人联合抵抗入侵？', [page], 'zh'),
    ).toBeNull();
  });

  it.each([
    'Who opened the Arbel Bridge to traffic in 1974?',
    'Who opened the Arbel Bridge?',
    'What did the town council decide in 1984?',
  ])('is not seen in: %s', (question) => {
    expect(contradictedPremise(question, [bridge], 'en')).toBeNull();
  });
});
