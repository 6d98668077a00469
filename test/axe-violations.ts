/** What axe-core finds wrong with a page, one line each; empty when nothing is. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Runs every rule of axe, best practices included, over the page as it stands. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Transitions would be measured half way; what turns for ever is left alone.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity)
        .map((one) => one.finished.catch(() => undefined)),
    ),
  );
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: unknown }> };
    };
    return (await axe.run()).violations;
  });
  return (violations as AxeViolation[]).flatMap(({ id, impact, nodes }) =>
    nodes.map(
      ({ html, failureSummary }) => `${id} (${impact}): ${html.slice(0, 200)} ${failureSummary}`,
    ),
  );
}
