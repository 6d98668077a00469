import { readPages } from './frozen-web/frozen-web-data.ts';
import { startFrozenWeb, type FrozenWeb } from './frozen-web/frozen-web-server.ts';
import type { OpenQuestions, QuestionGroup, SuiteOptions } from './suite.ts';

/** Settings that make a frozen web the only web. */
export function frozenOverrides(web: FrozenWeb): Readonly<Record<string, unknown>> {
  return { search: 'searxng', searxngUrl: web.origin, fetchAllow: web.allow };
}

/** A live suite's web: the configured one, or a frozen web in its place. */
export async function liveWeb(
  options: SuiteOptions,
  groups: readonly QuestionGroup[],
): Promise<OpenQuestions> {
  if (options.frozenWeb === undefined) {
    return { groups, overrides: {}, standIn: null, close: () => Promise.resolve() };
  }
  const pages = readPages(options.frozenWeb);
  const web = await startFrozenWeb(pages);
  return {
    groups,
    overrides: frozenOverrides(web),
    standIn: `the frozen web of ${pages.length} pages stands in for the live web: it holds few of the answers, so these figures show that the suite runs, not how good the answers are`,
    close: () => web.close(),
  };
}
