/** What people ask, over real saved pages and over a folder of documentation; scored by nuggets. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { FootnoteError } from '../../../src/core/errors.ts';
import { readRows } from '../frozen-web/frozen-web-data.ts';
import { findData, stratifiedSample } from '../find-data.ts';
import type { QuestionSuite } from '../suite.ts';
import { frozenOverrides } from '../web-of-suite.ts';
import { nuggetQuestion, nuggetRowSchema, type NuggetRow } from './nugget-questions.ts';
import { startSavedPagesWeb, type SavedPage } from './saved-pages-web.ts';
import { wholeAnswerSummary } from './whole-answer-tables.ts';

const BY_KIND = { id: ({ id }: NuggetRow) => id, kind: ({ kind }: NuggetRow) => kind };

const savedSchema = z.looseObject({
  id: z.string(),
  html: z.string().optional(),
  html_base64: z.string().optional(),
  gold_title: z.string().nullish(),
});
const EXTRACTION_SETS = ['article-extraction-benchmark', 'mozilla-readability', 'trafilatura-eval'];

/** The pages of the extraction sets, whose folder lies beside the questions' own. */
function savedPages(data: string): SavedPage[] {
  const folder = join(dirname(data.replace(/\/+$/u, '')), 'extraction-dev');
  return EXTRACTION_SETS.flatMap((set) => {
    const path = join(folder, `${set}.jsonl.gz`);
    if (!existsSync(path)) {
      throw new FootnoteError('bad-request', `real-web serves the pages of ${path}: it is missing`);
    }
    return readRows(path, savedSchema).map(({ id, html, html_base64: base64 }): SavedPage => {
      const bytes = Buffer.from(base64 ?? html ?? '', base64 === undefined ? 'utf8' : 'base64');
      const title = /<title[^>]*>([^<]*)/iu.exec(html ?? bytes.toString('latin1'))?.[1] ?? id;
      return { id, title: title.replace(/\s+/gu, ' ').trim(), bytes };
    });
  });
}

export const realWebSuite: QuestionSuite = {
  kind: 'questions',
  name: 'real-web',
  description: 'what people ask, of all kinds, over saved web pages: nuggets',
  live: false,
  needsData: true,
  open: async ({ data, limit }) => {
    const rows = readRows(findData(data, /questions\.jsonl/u), nuggetRowSchema);
    const web = await startSavedPagesWeb(savedPages(data));
    const questions = stratifiedSample(rows, BY_KIND, limit).map((row) => {
      const [gold] = row.page_ids;
      return nuggetQuestion(row, gold === undefined ? undefined : web.url(gold));
    });
    return {
      groups: [{ name: 'footnote', questions }],
      overrides: frozenOverrides(web),
      standIn: null,
      close: () => web.close(),
    };
  },
  summarise: wholeAnswerSummary,
};

/** The pages as `lay-out.sh` lays them out, once for this machine. */
async function documentationFolder(data: string): Promise<string> {
  const folder = join(tmpdir(), 'footnote-docs-corpus');
  if (existsSync(folder)) return folder;
  await mkdir(folder);
  await promisify(execFile)('sh', [join(data, 'lay-out.sh'), folder]);
  return folder;
}

export const docsSuite: QuestionSuite = {
  kind: 'questions',
  name: 'docs',
  description: 'what developers ask, over 2,012 pages of documentation in a folder: nuggets',
  live: false,
  needsData: true,
  open: async ({ data, limit, corpus }) => {
    const rows = readRows(findData(data, /questions\.jsonl/u), nuggetRowSchema);
    const corpusDir = corpus ?? (await documentationFolder(data));
    return {
      groups: [
        {
          name: 'footnote',
          questions: stratifiedSample(rows, BY_KIND, limit).map((row) => nuggetQuestion(row)),
        },
      ],
      overrides: { search: 'local', corpusDir },
      standIn: null,
      indexed: true,
      close: () => Promise.resolve(),
    };
  },
  summarise: wholeAnswerSummary,
};
