/** Readers of a user's or a page's text: ten times as much of it takes some ten times as long, whatever it says. */
import { describe, expect, it } from 'vitest';
import { normaliseLine, normaliseVerbatim } from '../../retriever/extract/normalise-text.ts';
import { parseDate } from '../../retriever/extract/parse-date.ts';
import { fragmentBlocks } from '../../retriever/extract/html-document.ts';
import { scanHtml } from '../../retriever/extract/scan-html.ts';
import { textBlocks } from '../../retriever/extract/text-document.ts';
import { jsonParts } from '../../retriever/extract/json-document.ts';
import { xmlParts } from '../../retriever/extract/feed-document.ts';
import { checkUrl } from '../../retriever/fetch/guard.ts';
import { parseFetchAllow } from '../../retriever/fetch/guard-policy.ts';
import { parseRobots } from '../../retriever/fetch/robots-rules.ts';
import { analyseQuestion } from '../../retriever/rank/words/question-words.ts';
import { candidateSentence } from '../../retriever/rank/evidence/evidence-features.ts';
import { isCaptchaPage } from '../../retriever/search/captcha-page.ts';
import { keywords } from '../../retriever/search/keywords.ts';
import { planQueries } from '../../retriever/search/plan-queries.ts';
import { publishedDate } from '../../retriever/search/published-date.ts';
import { cleanSentence } from '../../scorer/citation/draft-sentences.ts';
import { stripMarks } from '../../scorer/citation/citation-marks.ts';
import { textFragmentUrl } from '../../scorer/citation/text-fragment-url.ts';
import { findVerbatim, plain } from '../../scorer/citation/verbatim.ts';
import { preferenceFeatures } from '../../scorer/preference/preference-features.ts';
import { profileOf } from '../../scorer/support/text-profile.ts';
import { readQuantities } from '../../scorer/support/quantities.ts';
import { comparisonIn } from '../../src/answer/plan/comparison.ts';
import { quantitiesIn } from '../../src/answer/plan/measured-quantity.ts';
import { twoHopsIn } from '../../src/answer/plan/two-hops.ts';
import { aboutConversation } from '../../src/answer/understand/about-conversation.ts';
import { readStyle } from '../../src/answer/understand/answer-style.ts';
import { arithmeticIn } from '../../src/answer/understand/arithmetic.ts';
import { chineseTopics } from '../../src/answer/understand/chinese-topics.ts';
import { clockReply, resolvePlaces } from '../../src/answer/understand/clock.ts';
import { keywordsOf } from '../../src/answer/understand/content-words.ts';
import { englishTopics } from '../../src/answer/understand/english-topics.ts';
import { plainQuestion } from '../../src/answer/understand/plain-question.ts';
import { questionKind } from '../../src/answer/understand/question-kind.ts';
import { resolveDates } from '../../src/answer/understand/relative-dates.ts';
import { rewriteFollowUp } from '../../src/answer/understand/rewrite-follow-up.ts';
import { smallTalk } from '../../src/answer/understand/small-talk.ts';
import { understand } from '../../src/answer/understand/understand.ts';
import { plainText } from '../../src/cli/terminal-text.ts';
import { splitSentences } from '../../src/core/sentences.ts';
import { wantedAnswer } from '../../src/core/wanted-answer.ts';
import { terms } from '../../src/core/tokens.ts';
import { checkShape } from '../../src/http/json-body.ts';
import { linearPattern } from '../../src/http/linear-pattern.ts';
import { answerBlocks } from '../../src/web/answer-blocks.ts';

const NOW = new Date('2026-01-31T12:00:00Z');
const EARLIER = [{ question: 'How deep is Lake Baikal?', answer: 'It is 1,642 metres deep [1].' }];
const POLICY = parseFetchAllow([]);

/**
 * What a turn, a question, a page, a draft or a header goes through. Markdown is missing: the parser is a
 * library's, and runs in a process with a deadline.
 */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  aboutConversation: (text) => aboutConversation(text, [{ role: 'user', content: text }], 'en'),
  analyseQuestion,
  answerBlocks,
  arithmeticIn,
  candidateSentence: (text) => candidateSentence(0, 0, 0, text),
  checkShape: (text) => {
    try {
      checkShape(Buffer.from(text), 'utf-8');
    } catch {
      // Refused at once.
    }
  },
  checkUrl: (text) => checkUrl(`http://${text}/`, POLICY),
  chineseTopics,
  cleanSentence,
  clockReply: (text) => clockReply(text, NOW, {}, 'en'),
  comparisonIn,
  englishTopics,
  findVerbatim: (text) => findVerbatim(text, { text, plain: plain(text) }),
  fragmentBlocks,
  resolveDates: (text) => resolveDates(text, NOW, 'Europe/Berlin'),
  resolvePlaces: (text) => resolvePlaces(text, { city: 'Berlin' }),
  isCaptchaPage,
  jsonParts: (text) => jsonParts(JSON.stringify({ articleBody: text })),
  keywords,
  keywordsOf,
  linearPattern: (text) => linearPattern('^(?:(?:a|and|[^x])+)+!$').test(text),
  normaliseLine,
  normaliseVerbatim,
  parseDate,
  parseRobots: (text) => parseRobots(`user-agent: *\ndisallow: ${text}`, 'footnote'),
  plainQuestion,
  plainText,
  planQueries,
  preferenceFeatures: (text) =>
    preferenceFeatures({ question: 'How deep is it?', answer: text, references: [] }),
  publishedDate: (text) => publishedDate(text, NOW),
  quantitiesIn: (text) => quantitiesIn(text, 'length'),
  questionKind,
  profileOf,
  readQuantities,
  readStyle,
  rewriteFollowUp: (text) => rewriteFollowUp(text, EARLIER),
  scanHtml,
  smallTalk: (text) => smallTalk(text, 'en'),
  splitSentences,
  stripMarks,
  terms: (text) => terms(text, { stem: true }),
  textBlocks,
  textFragmentUrl: (text) => textFragmentUrl('https://a.example/', text),
  twoHopsIn,
  'understand, as an earlier turn': (text) =>
    understand('And how long is it?', {
      turns: [
        { role: 'system', content: text },
        { role: 'user', content: text },
        { role: 'assistant', content: text },
      ],
      asker: {},
      now: NOW,
      language: 'en',
    }),
  wantedAnswer: (text) => wantedAnswer(text, 'other'),
  xmlParts: (text) => xmlParts(`<rss><channel><item><title>${text}`),
};

/** Repeated to the length; what stands before and after spoils the match. */
const PUMPS = [
  ' ',
  '\n',
  'a',
  'A',
  'Aa ',
  'and ',
  'please answer ',
  '一',
  '年',
  '"',
  '“',
  '[',
  '[1]',
  ' [1',
  '(',
  '<',
  '<a ',
  '<!--',
  '<script',
  '&#',
  '.',
  '?',
  '0',
  '1,',
  '1-',
  "'",
  '=',
  '|',
  ' |',
  '的',
  'T',
  ':',
  'the who is ',
  '{"a":',
  'http://',
  '\u{202e}\u001b[',
];
const [SHORT, LONG] = [10_000, 100_000];
const QUICK_MS = 25;
const MOST_RATIO = 30;

/** Processor time in milliseconds: what else the machine does counts little. */
async function timed(reader: (text: string) => unknown, text: string): Promise<number> {
  const before = process.cpuUsage();
  await reader(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('readers of hostile text', () => {
  it.each(Object.keys(READERS))(
    '%s is linear',
    async (name) => {
      const reader = READERS[name];
      if (reader === undefined) throw new Error(name);
      await reader('What is it? ');
      for (const pump of PUMPS) {
        const made = (length: number): string =>
          `What ${pump.repeat(Math.ceil(length / pump.length))}\u0000.`;
        let [ratio, whole] = [Infinity, Infinity];
        // A busy machine may be slow once; a quadratic reader is slow each time.
        for (let round = 0; round < 3 && whole > QUICK_MS && ratio > MOST_RATIO; round += 1) {
          const part = await timed(reader, made(SHORT));
          // Cubic ones would not come back.
          expect(part, `${name} on 10 kB of ${JSON.stringify(pump)}`).toBeLessThan(2_000);
          whole = await timed(reader, made(LONG));
          ratio = whole / Math.max(part, 0.5);
        }
        expect(
          whole <= QUICK_MS || ratio <= MOST_RATIO,
          `${name} on ${JSON.stringify(pump)}: ${whole.toFixed(0)} ms for 100 kB, ${ratio.toFixed(0)} times 10 kB`,
        ).toBe(true);
      }
    },
    60_000,
  );
});
