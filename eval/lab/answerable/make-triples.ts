/**
 * Makes triples of question, references and cited answer, to tune the generator on, as WebGLM bootstrapped
 * its own (Liu et al. 2023, 3.2): each candidate answer is cited by the product's own support judge, and
 * stays only if every sentence is supported by one reference alone and the gold answer is in it.
 *
 *   npx tsx eval/lab/answerable/make-triples.ts --out triples.jsonl [--limit 2000] [--longform DIR]
 *     [--drafts 4] [--encode WEIGHTS.gguf]
 *
 * Candidates are the gold sentence and, with `--drafts`, what the default generator writes; the shortest
 * that stays is taken. `--encode` adds token ids by the model's own tokenizer and chat template. Pages that
 * the cross-encoder's figures come from are left out, so that the product can be measured on them afterwards.
 * One line an example and target: `plain` (the product's prompt, no marks), `cited` (WebGLM's prompt, `[n]`).
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { buildPrompt } from '../../../generator/prompt/build-prompt.ts';
import { openModel } from '../../../generator/open-model.ts';
import type { ModelTokenizer } from '../../../generator/tokenizer/model-tokenizer.ts';
import { promptParts } from '../../../generator/tokenizer/render-prompt.ts';
import { EvidenceModel } from '../../../retriever/rank/evidence/evidence-model.ts';
import { makeReferences } from '../../../retriever/rank/fusion/make-references.ts';
import { FrozenWeb, pageDocument, type FrozenQuestion } from '../evidence/frozen-web.ts';
import { isHeldOutPage } from '../cross-encoder/held-out.ts';
import { citePrepared } from '../../../scorer/citation/cite.ts';
import { prepareReferences } from '../../../scorer/citation/prepared-reference.ts';
import { openGenerator } from '../../../src/composition/open-generator.ts';
import { loadConfig } from '../../../src/core/config.ts';
import { draftOf } from '../../../src/core/draft-of.ts';
import type {
  CitedAnswer,
  Document,
  Prompt,
  Question,
  Reference,
} from '../../../src/core/nouns.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { splitSentences } from '../../../src/core/sentences.ts';
import { countWords } from '../../../src/core/tokens.ts';
import { ModelStore } from '../../../src/runtime/models/model-store.ts';
import { readRows } from '../../suites/frozen-web/frozen-web-data.ts';
import { containsNormalised } from '../../metrics/correctness.ts';
import { findData } from '../../suites/find-data.ts';
import { stableHash } from '../trees/stable-hash.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
    longform: { type: 'string' },
    out: { type: 'string', default: '' },
    limit: { type: 'string', default: '2000' },
    drafts: { type: 'string', default: '0' },
    encode: { type: 'string' },
    seed: { type: 'string', default: '0' },
  },
});
const REFERENCES = 3;
/** Pages that the references of a question come from: its own and similar ones. */
const PAGES = 4;
/** A longer answer teaches to copy. */
const LONGEST_ANSWER = 45;
const LONGEST_LONG_ANSWER = 120;
const { signal } = new AbortController();
const limit = Number(values.limit);
const drafts = Number(values.drafts);

const opened =
  drafts === 0
    ? null
    : (
        await openGenerator(loadConfig({}), new ModelStore(loadConfig({})), {
          signal,
          onNotice: (text) => process.stderr.write(`${text}\n`),
        })
      ).generator;
const model = values.encode === undefined ? null : openModel(values.encode);
const tokenizer = model?.tokenizer() ?? null;
const ranking = { embedder: null, evidence: new EvidenceModel('lexical'), rerank: null };

interface Example {
  readonly id: string;
  readonly source: string;
  readonly question: Question;
  readonly references: readonly Reference[];
  readonly answer: CitedAnswer;
}

/** Ids of the prompt as the engine reads it, and of the answer with the token that ends it. */
function encode(prompt: Prompt, answer: string, by: ModelTokenizer): object {
  const parts = promptParts(prompt, by);
  const head = by.encodeParts(parts);
  const whole = by.encodeParts([...parts, { text: answer, plain: true }]);
  const end = by.specialId(by.eosToken) ?? by.stopIds[0];
  return {
    prompt_ids: head,
    answer_ids: [...whole.slice(head.length), ...(end === undefined ? [] : [end])],
  };
}

/** Writes both targets of an example. */
function write({ id, source, question, references, answer }: Example): void {
  const plain = answer.sentences.map(({ text }) => text).join(' ');
  for (const [target, name, text] of [
    ['plain', 'direct', plain],
    ['cited', 'webglm', answer.answer],
  ] as const) {
    const prompt = buildPrompt(name, { question, references });
    const encoded = tokenizer === null ? {} : encode(prompt, text, tokenizer);
    const line = {
      id,
      source,
      target,
      question: question.text,
      language: question.language,
      references: references.map(({ number, title, text: body }) => ({
        number,
        title,
        text: body,
      })),
      messages: prompt.kind === 'chat' ? prompt.messages : [{ role: 'user', content: prompt.text }],
      answer: text,
      ...encoded,
    };
    appendFileSync(values.out, `${JSON.stringify(line)}\n`);
  }
}

const asked = (text: string, language: string): Question => ({
  text,
  language,
  askedAt: '2026-01-01T00:00:00Z',
  sites: [],
});

/** The candidate that is supported in full, holds the answer and is the shortest; null: none. */
function best(
  candidates: readonly string[],
  question: Question,
  references: readonly Reference[],
  gold: readonly string[],
): CitedAnswer | null {
  const prepared = prepareReferences(references);
  const { text, language } = question;
  return (
    candidates
      .flatMap((candidate) => {
        const cited = citePrepared(draftOf(candidate), prepared, { question: text, language });
        const said = cited.sentences.map((sentence) => sentence.text).join(' ');
        // A sentence that was cut or replaced is not what the candidate said.
        const whole = splitSentences(candidate).length === cited.sentences.length;
        const words = countWords(said);
        return whole && containsNormalised(said, gold) && words <= LONGEST_ANSWER
          ? [{ cited, words }]
          : [];
      })
      .toSorted((a, b) => a.words - b.words)[0]?.cited ?? null
  );
}

async function fromFrozenWeb(): Promise<{ made: number; asked: number }> {
  const web = new FrozenWeb(values.data);
  const seen = new Set(
    web.pages.filter((page) => !isHeldOutPage(page)).map(({ page_id }) => page_id),
  );
  const questions = web.questions
    .filter(
      ({ answerable, standalone, lang, source, page_id }: FrozenQuestion) =>
        answerable &&
        seen.has(page_id) &&
        (lang === 'en' ? standalone === true : !source.startsWith('xquad')),
    )
    .toSorted((a, b) => stableHash(`triple ${a.qid}`) - stableHash(`triple ${b.qid}`))
    .slice(0, limit);
  let made = 0;
  for (const [index, one] of questions.entries()) {
    const question = asked(one.question, one.lang === 'en' ? 'en' : 'zh');
    const documents: Document[] = web.pagesFor(one, PAGES, true).map(pageDocument);
    const { references } = await makeReferences(
      { question: one.question, documents, maxReferences: REFERENCES },
      ranking,
      { signal },
    );
    const paragraph =
      web.page(one.page_id).paragraphs.find(({ para_id }) => para_id === one.para_id)?.text ?? '';
    const sentences = splitSentences(paragraph)
      .map(({ start, end }) => paragraph.slice(start, end))
      .filter((sentence) => one.answers.some((answer) => sentence.includes(answer)));
    const written =
      opened === null || !references.some(({ text }) => containsNormalised(text, one.answers))
        ? []
        : await opened.generate(buildPrompt('direct', { question, references }), {
            signal,
            drafts,
            maxTokens: 64,
            temperature: 0,
            topP: 0.95,
            topK: 40,
            seed: Number(values.seed) + index,
          });
    const answer = best(
      [...written.map(({ text }) => text), ...sentences.slice(0, 1)],
      question,
      references,
      one.answers,
    );
    if (answer !== null) {
      write({ id: one.qid, source: one.source, question, references, answer });
      made += 1;
    }
    process.stderr.write(`\r${index + 1}/${questions.length}, ${made} kept `);
  }
  return { made, asked: questions.length };
}

const longSchema = z.looseObject({
  qid: z.string(),
  question: z.string(),
  gold_long_answer: z.string(),
  passages: z.array(z.object({ title: z.string(), sentences: z.array(z.string()) })),
});

/** What of a person's long answer the given passages support, sentence by sentence. */
function fromLongform(folder: string): { made: number; asked: number } {
  const rows = readRows(findData(folder, /qa-feedback/u), longSchema).slice(0, limit);
  let made = 0;
  for (const row of rows) {
    const references = row.passages
      .slice(0, REFERENCES + 2)
      .map(({ title, sentences }, at): Reference => ({
        number: at + 1,
        url: `https://passage-${at + 1}.invalid/`,
        title,
        site: 'passage.invalid',
        language: 'en',
        publishedAt: null,
        fetchedAt: '2026-01-01T00:00:00Z',
        text: sentences.join(' '),
        score: null,
        evidence: [],
      }));
    const question = asked(row.question, 'en');
    const answer = citePrepared(draftOf(row.gold_long_answer), prepareReferences(references), {
      question: row.question,
      language: 'en',
    });
    const said = answer.sentences.map(({ text }) => text).join(' ');
    // At least half of what the person wrote, in the person's order.
    const enough = answer.sentences.length * 2 >= splitSentences(row.gold_long_answer).length;
    if (!enough || answer.sentences.length === 0 || countWords(said) > LONGEST_LONG_ANSWER)
      continue;
    write({ id: row.qid, source: 'qa-feedback', question, references, answer });
    made += 1;
  }
  return { made, asked: rows.length };
}

writeFileSync(values.out, '');
const web = await fromFrozenWeb();
console.log(`\nfrozen web: ${web.made} of ${web.asked} questions gave a triple`);
if (values.longform !== undefined) {
  const long = fromLongform(values.longform);
  console.log(`longform: ${long.made} of ${long.asked}`);
}
model?.close();
await opened?.close();
