/**
 * How often the rewritten follow-up finds its page among the search engine's first five, as a share of
 * how often the standalone question does; the bare follow-up beside it.
 *
 * `npx tsx eval/bench/conversation/measure-follow-ups.ts DATA [--limit N] [--show] [--out FILE]`
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { exchangesOf } from '../../../src/answer/understand/understand.ts';
import { rewriteFollowUp } from '../../../src/answer/understand/rewrite-follow-up.ts';
import { readPages, readQuestions } from '../../suites/frozen-web/frozen-web-data.ts';
import { startFrozenWeb } from '../../suites/frozen-web/frozen-web-server.ts';
import { makeFollowUps } from './follow-ups.ts';

const TOP = 5;
/** Pages such as those of SQuAD have hundreds of questions: none may decide the figure. */
const PER_PAGE = { en: 20, zh: 2 } as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { limit: { type: 'string' }, show: { type: 'boolean' }, out: { type: 'string' } },
});
const [folder = '../shared/data/frozen-web-dev'] = positionals;
const limit = Number(values.limit ?? 400);
const pages = readPages(folder);
const questions = readQuestions(folder);
const web = await startFrozenWeb(pages);

async function finds(query: string, pageId: string): Promise<boolean> {
  const response = await fetch(`${web.origin}/search?q=${encodeURIComponent(query)}&format=json`);
  const { results } = (await response.json()) as {
    readonly results: readonly { readonly url: string }[];
  };
  return results.slice(0, TOP).some(({ url }) => url === web.url(pageId));
}

const report: Record<string, unknown> = {};
try {
  for (const language of ['en', 'zh'] as const) {
    const all = makeFollowUps(pages, questions, language, PER_PAGE[language]).slice(0, limit);
    const counts = { standalone: 0, rewritten: 0, bare: 0, changed: 0, exact: 0 };
    for (const one of all) {
      const exchanges = exchangesOf([
        { role: 'user', content: one.first },
        { role: 'assistant', content: one.firstAnswer },
      ]);
      const rewrite = rewriteFollowUp(one.elliptical, exchanges)?.text ?? one.elliptical;
      const [standalone, rewritten, bare] = await Promise.all(
        [one.standalone, rewrite, one.elliptical].map((query) => finds(query, one.pageId)),
      );
      counts.standalone += Number(standalone);
      counts.rewritten += Number(rewritten);
      counts.bare += Number(bare);
      counts.changed += Number(rewrite !== one.elliptical);
      counts.exact += Number(rewrite.toLowerCase() === one.standalone.toLowerCase());
      if (values.show === true && standalone === true && rewritten !== true) {
        process.stdout.write(
          `${one.first}\n  ${one.elliptical}\n  -> ${rewrite}\n  == ${one.standalone}\n`,
        );
      }
    }
    const share = (count: number): number => Number((count / Math.max(1, all.length)).toFixed(4));
    report[language] = {
      conversations: all.length,
      pages: new Set(all.map(({ pageId }) => pageId)).size,
      standalone_top5: share(counts.standalone),
      rewritten_top5: share(counts.rewritten),
      bare_top5: share(counts.bare),
      rewritten_of_standalone: Number(
        (counts.rewritten / Math.max(1, counts.standalone)).toFixed(4),
      ),
      rewritten_at_all: share(counts.changed),
      word_for_word: share(counts.exact),
    };
  }
} finally {
  await web.close();
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
