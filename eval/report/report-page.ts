/** `report.html`: one file, readable without anything else, from a report and its records. */
import type { EvalRecord } from '../run/eval-record.ts';
import type { RiskCoveragePoint } from '../metrics/risk-coverage.ts';
import { html, standalonePage, type Html } from './html.ts';
import type { EvalReport, GroupReport } from './eval-report.ts';
import { METRIC_NOTES } from './metric-notes.ts';
import { cumulativePlot, linePlot, scatterPlot, stackedBars } from './plots.ts';
import { shownNumber, valueTable } from './value-table.ts';

/** What a tile shows, of what the group has, in this order. */
const HEADLINES: readonly (readonly [string, string])[] = [
  ['correct', 'correct'],
  ['first', 'in the first sentence'],
  ['graded_correct', 'correct, by the grader'],
  ['attack_success', 'attacks that got through'],
  ['accuracy', 'agrees with people'],
  ['shingle_recall', 'text found'],
  ['shingle_precision', 'text wanted'],
  ['recall@1', 'right paragraph first'],
  ['recall@5', 'among the first five'],
  ['ndcg@10', 'nDCG@10'],
  ['truthful', 'truthful'],
  ['claim_recall', 'claims of the gold answer'],
  ['citation_recall', 'citation recall'],
  ['citation_precision', 'citation precision'],
  ['abstained', 'abstained'],
  ['words', 'words'],
];
const TILE_LINES = 6;
/** Metrics that are no shares of 1, so that a bar would mean nothing. */
const NO_BAR = new Set(['words', 'pages_read', 'overhead_ms', 'milliseconds', 'margin']);
const PARTS = ['search', 'fetch', 'extract', 'rank', 'generate', 'score'] as const;
/** The goals of the project for unseen questions. */
const GOALS = { x: 0.95, y: 0.88 };

export function reportPage(report: EvalReport): string {
  const groups = Object.entries(report.groups);
  const body = html`<main>
    <header>
      <p class="kicker">footnote eval</p>
      <h1>${report.suite}</h1>
      <p class="soft">
        ${report.created_at.slice(0, 16).replace('T', ' ')} UTC · ${report.records.length}
        items${modelOf(report)}
      </p>
      ${
        report.notes.length === 0
          ? html``
          : html`<ul class="notes">
              ${report.notes.map((note) => html`<li>${note}</li>`)}
            </ul>`
      }
      <div class="tiles">${groups.map(([name, group]) => tile(name, group))}</div>
    </header>
    ${plots(report)}
    <h2>Figures</h2>
    ${metricTable(groups)} ${timingTables(groups)}
    ${Object.entries(report.extra)
      .filter(([name]) => name !== 'risk_coverage')
      .map(
        ([name, value]) =>
          html`<h2>${heading(name)}</h2>
            ${valueTable(value)}`,
      )}
    <h2>Questions</h2>
    ${browser(groups.map(([name]) => name))}
    <details class="config">
      <summary>Configuration</summary>
      <pre>${JSON.stringify(report.configuration, null, 2)}</pre>
    </details>
  </main>`;
  return standalonePage(`${report.suite} · footnote eval`, body, report.records.map(shownRecord));
}

const heading = (name: string): string => {
  const words = name.replace(/_/gu, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function modelOf({ records }: EvalReport): string {
  const models = [...new Set(records.flatMap(({ answer }) => answer?.model ?? []))];
  return models.length === 0 ? '' : ` · ${models.join(', ')}`;
}

function tile(name: string, group: GroupReport): Html {
  // Where nothing is to be answered, to abstain is what counts.
  const declines = group.metrics['correct'] === undefined;
  const headlines = declines ? [['right', 'rightly abstained'] as const, ...HEADLINES] : HEADLINES;
  const stage = group.timings_ms['total'] === undefined;
  const lines = headlines
    .flatMap(([metric, label]) => {
      const value = stage && metric === 'right' ? undefined : group.metrics[metric];
      return value === undefined
        ? []
        : [
            html`<dt>${label}</dt>
              <dd>${value.toFixed(metric === 'words' ? 1 : 3)}</dd>`,
          ];
    })
    .slice(0, TILE_LINES);
  const seconds = group.timings_ms['total'];
  const time =
    seconds === undefined
      ? html``
      : html`<dt>seconds, median</dt>
          <dd>${(seconds.p50 / 1_000).toFixed(2)}</dd>`;
  return html`<section class="tile">
    <h3>${name} <small>${group.questions} items</small></h3>
    <dl>${lines}${time}</dl>
  </section>`;
}

function plots({ records, groups, extra }: EvalReport): Html {
  const names = Object.keys(groups);
  const figures: Html[] = [];
  const seconds = names
    .map((name) => ({
      name,
      values: records
        .filter(({ group }) => group === name)
        .flatMap(({ answer }) =>
          answer === null || answer.timings_ms.total === 0 ? [] : answer.timings_ms.total / 1_000,
        ),
    }))
    .filter(({ values }) => values.length > 0);
  if (seconds.length > 0) {
    figures.push(
      html`<figure>
        <h3>Seconds to an answer</h3>
        ${cumulativePlot('Share of questions answered within a time', 'seconds', seconds)}
        <figcaption>Share of the questions that were answered within so many seconds.</figcaption>
      </figure>`,
      html`<figure>
        <h3>Where the time goes</h3>
        ${stackedBars(
          'Mean seconds of each stage',
          seconds.map(({ name }) => ({
            name,
            parts: PARTS.map((part) => (groups[name]?.timings_ms[part]?.mean ?? 0) / 1_000),
          })),
          PARTS,
          's',
        )}
        <figcaption>Mean seconds of each stage.</figcaption>
      </figure>`,
    );
  }
  const curve = extra['risk_coverage'] as readonly RiskCoveragePoint[] | undefined;
  if (curve !== undefined && curve.length > 1) {
    const point = extra['abstention'] as Readonly<Record<string, number>> | undefined;
    const at = [
      point?.['coverage at the default point'] ?? 0,
      point?.['risk at the default point'] ?? 0,
    ] as const;
    const top = Math.max(0.1, ...curve.map(({ risk }) => risk), at[1]) * 1.1;
    figures.push(
      html`<figure>
        <h3>Risk and coverage</h3>
        ${linePlot(
          'Share of wrong answers by share of questions answered',
          {
            xLabel: 'share of questions answered',
            yLabel: 'share of those wrong',
            xMax: 1,
            yMax: top,
          },
          [{ name: 'risk', points: curve.map(({ coverage, risk }) => [coverage, risk] as const) }],
          [{ name: 'default', at }],
        )}
        <figcaption>
          The surest questions are answered first; unanswerable ones are among them. The point is
          what the product does by itself.
        </figcaption>
      </figure>`,
    );
  }
  const points = names.flatMap((name) => {
    const { correct, citation_recall: recall } = groups[name]?.metrics ?? {};
    return correct === undefined || recall === undefined
      ? []
      : [{ name, at: [recall, correct] as const }];
  });
  if (points.length > 0) {
    figures.push(
      html`<figure>
        <h3>Citation against correctness</h3>
        ${scatterPlot(
          'Correctness by citation recall, a point for each group',
          { xLabel: 'citation recall', yLabel: 'gold answer in the answer' },
          points,
          GOALS,
        )}
        <figcaption>
          Dashed: the project’s goals, ${GOALS.x} and ${GOALS.y}. One without the other proves
          nothing: copied passages cite perfectly.
        </figcaption>
      </figure>`,
    );
  }
  return figures.length === 0
    ? html``
    : html`<h2>At a glance</h2>
        <div class="plots">${figures}</div>`;
}

function metricTable(groups: readonly (readonly [string, GroupReport])[]): Html {
  const names = [...new Set(groups.flatMap(([, { metrics }]) => Object.keys(metrics)))];
  const cell = (group: GroupReport, name: string): Html => {
    const value = group.metrics[name];
    if (value === undefined) return html`<td></td>`;
    const count = group.counts[name] ?? 0;
    const part =
      count === group.questions
        ? html``
        : html` <small title="items that have it">/${count}</small>`;
    const width = Math.max(0, Math.min(1, value)) * 100;
    const bar = NO_BAR.has(name)
      ? html``
      : html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <rect width="100" height="10" />
          <rect width="${width.toFixed(1)}" height="10" />
        </svg>`;
    return html`<td>${bar}${shownNumber(value)}${part}</td>`;
  };
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>mean of</th>
          ${groups.map(([name]) => html`<th>${name}</th>`)}
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${names.map(
          (name) =>
            html`<tr>
              <td>${name}</td>
              ${groups.map(([, group]) => cell(group, name))}
              <td class="text">${METRIC_NOTES[name] ?? ''}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function timingTables(groups: readonly (readonly [string, GroupReport])[]): Html {
  const timed = groups.filter(([, { timings_ms: timings }]) => Object.keys(timings).length > 0);
  if (timed.length === 0) return html``;
  return html`<h2>Seconds by stage</h2>
    <div class="plots timings">
      ${timed.map(
        ([name, { timings_ms: timings }]) =>
          html`<figure>
            <h3>${name}</h3>
            <table>
              <thead>
                <tr>
                  <th></th>
                  <th>mean</th>
                  <th>median</th>
                  <th>75 %</th>
                  <th>90 %</th>
                  <th>99 %</th>
                </tr>
              </thead>
              <tbody>
                ${Object.entries(timings).map(
                  ([stage, { mean, p50, p75, p90, p99 }]) =>
                    html`<tr>
                      <td>${stage}</td>
                      ${[mean, p50, p75, p90, p99].map((ms) => html`<td>${(ms / 1_000).toFixed(3)}</td>`)}
                    </tr>`,
                )}
              </tbody>
            </table>
          </figure>`,
      )}
    </div>`;
}

function browser(groups: readonly string[]): Html {
  const filters = ['all', 'wrong', 'abstained', 'right'] as const;
  return html`<div class="tools">
      ${filters.map(
        (name, index) =>
          html`<button type="button" data-filter="${name}" aria-pressed="${String(index === 0)}">
            ${name}
          </button>`,
      )}<select id="group" aria-label="group">
        <option value="">all groups</option>
        ${groups.map((name) => html`<option>${name}</option>`)}</select
      ><input
        id="query"
        type="search"
        placeholder="Search questions and answers"
        aria-label="search"
      /><small id="count"></small>
    </div>
    <div class="browser">
      <nav class="list" id="list" aria-label="questions"></nav>
      <article class="detail" id="detail" aria-live="polite"></article>
    </div>`;
}

/** What the browser shows of a record: short names, no more text than is looked at. */
function shownRecord(record: EvalRecord): object {
  const { answer, metrics, trace } = record;
  const right = metrics['right'] ?? metrics['correct'];
  const abstained = answer?.abstained === true;
  const state =
    record.error !== null
      ? 'failed'
      : right === undefined
        ? 'open'
        : right === 1
          ? 'right'
          : abstained
            ? 'abstained'
            : 'wrong';
  const timings = Object.entries(answer?.timings_ms ?? {}).map(([stage, ms]) => [
    `${stage} ms`,
    Math.round(ms),
  ]);
  return {
    id: record.id,
    group: record.group,
    question: record.question,
    gold: record.gold,
    state,
    abstained,
    error: record.error,
    answer: answer?.answer ?? null,
    haystack: `${record.question} ${answer?.answer ?? ''} ${record.id}`.toLowerCase(),
    sentences: (answer?.sentences ?? []).map(({ text, citations }) => ({
      text,
      citations: citations.map(({ reference, quote, start, end, support }) => ({
        reference,
        quote,
        start,
        end,
        support,
      })),
    })),
    references: (answer?.references ?? []).map(({ number, title, url, text }) => ({
      number,
      title,
      url,
      text,
    })),
    drafts: (trace?.drafts ?? []).map(({ kind, text }) => ({ kind, text })),
    candidates: (trace?.candidates ?? []).map(({ cited, score, preference }) => ({
      text: cited.answer,
      score,
      preference,
      support: cited.support,
    })),
    labels: record.labels ?? {},
    metrics,
    timings: Object.fromEntries(timings),
    warnings: (answer?.warnings ?? []).map(({ code, message }) => `${code}: ${message}`),
  };
}
