import { html, standalonePage, type Html } from '../html.ts';
import { shownNumber } from '../value-table.ts';
import { METRIC_NOTES } from '../metric-notes.ts';
import type { Comparison } from './comparison.ts';

const WIDTH = 160;

/** The interval on a line with 0 in its middle. */
function interval(low: number, high: number, middle: number, reach: number): Html {
  const x = (value: number): string =>
    (WIDTH / 2 + (value / Math.max(1e-9, reach)) * (WIDTH / 2 - 4)).toFixed(1);
  const sure = low > 0 || high < 0;
  return html`<svg
    width="${WIDTH}"
    height="14"
    viewBox="0 0 ${WIDTH} 14"
    role="img"
    aria-label="${low.toFixed(3)} to ${high.toFixed(3)}"
  >
    <line class="axis" x1="${WIDTH / 2}" x2="${WIDTH / 2}" y1="0" y2="14" />
    <line
      class="${sure ? 's0' : 's5'}"
      stroke-width="2"
      x1="${x(low)}"
      x2="${x(high)}"
      y1="7"
      y2="7"
    />
    <circle class="${sure ? 'f0' : 'f5'}" cx="${x(middle)}" cy="7" r="4" />
  </svg>`;
}

export function comparisonPage(comparison: Comparison): string {
  const { metrics, flips, shared, suite, a, b } = comparison;
  const groups = [...new Set(metrics.map(({ group }) => group))];
  const tables = groups.map((name) => {
    const own = metrics.filter(({ group }) => group === name);
    const shares = own.filter(({ result }) => Math.abs(result.a) <= 1 && Math.abs(result.b) <= 1);
    const reach = Math.max(
      0.05,
      ...shares.flatMap(({ result }) => [Math.abs(result.low), Math.abs(result.high)]),
    );
    return html`<h2>${name}</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>mean of</th>
              <th>A</th>
              <th>B</th>
              <th>B − A</th>
              <th>95 % interval</th>
              <th></th>
              <th>questions</th>
              <th></th>
            </tr>
          </thead>
          <tbody>
            ${own.map(({ metric, result }) => {
              const { low, high, difference, pairs } = result;
              const mood =
                low > 0 || high < 0
                  ? html`<b>${signed(difference)}</b>`
                  : html`${signed(difference)}`;
              const limit = shares.includes(own.find((one) => one.metric === metric) ?? own[0]!)
                ? reach
                : Math.max(Math.abs(low), Math.abs(high));
              return html`<tr>
                <td>${metric}</td>
                <td>${shownNumber(result.a)}</td>
                <td>${shownNumber(result.b)}</td>
                <td>${mood}</td>
                <td>${signed(low)} to ${signed(high)}</td>
                <td>${interval(low, high, difference, limit)}</td>
                <td>${pairs}</td>
                <td class="text">${METRIC_NOTES[metric] ?? ''}</td>
              </tr>`;
            })}
          </tbody>
        </table>
      </div>`;
  });
  const gained = flips.filter((flip) => flip.gained).length;
  const body = html`<main>
    <header>
      <p class="kicker">footnote eval · comparison</p>
      <h1>${suite}: A and B</h1>
      <p class="soft">A ${a} · B ${b} · ${shared} questions in both</p>
      <ul class="notes">
        <li>
          Intervals: paired bootstrap over the questions that both runs have, 2,000 resamples, 95 %.
          Bold: the interval leaves 0 out.
        </li>
      </ul>
    </header>
    ${tables}
    <h2>
      Flipped questions
      <small>${gained} from wrong to right, ${flips.length - gained} from right to wrong</small>
    </h2>
    ${
      flips.length === 0
        ? html`<p class="soft">None.</p>`
        : html`<div class="scroll">
            <table>
              <thead>
                <tr>
                  <th></th>
                  <th>question</th>
                  <th>A</th>
                  <th>B</th>
                </tr>
              </thead>
              <tbody>
                ${flips
                  .toSorted((one, two) => Number(one.gained) - Number(two.gained))
                  .map(
                    (flip) =>
                      html`<tr>
                        <td class="${flip.gained ? 'better' : 'worse'}">
                          ${flip.gained ? 'gained' : 'lost'}<br /><small>${flip.group}</small>
                        </td>
                        <td class="long">
                          ${flip.question}<br /><small
                            >${flip.gold.join(' · ') || 'to abstain is right'}</small
                          >
                        </td>
                        <td class="long">${flip.a}</td>
                        <td class="long">${flip.b}</td>
                      </tr>`,
                  )}
              </tbody>
            </table>
          </div>`
    }
  </main>`;
  return standalonePage(`${suite}: comparison · footnote eval`, body);
}

function signed(value: number): string {
  return value === 0 ? '0' : `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;
}
