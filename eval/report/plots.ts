/** Plots as SVG, drawn from numbers alone; colours are classes of the page's style. */
import { html, type Html } from './html.ts';

export interface Series {
  readonly name: string;
  /** In data units. */
  readonly points: readonly (readonly [number, number])[];
}

interface Frame {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xMax: number;
  readonly yMax: number;
  readonly percent?: boolean;
}

const WIDTH = 440;
const HEIGHT = 270;
const LEFT = 46;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 40;

const round = (value: number): string => String(Math.round(value * 10) / 10);

function scales({ xMax, yMax }: Frame): {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
} {
  return {
    x: (value) => LEFT + (value / Math.max(1e-9, xMax)) * (WIDTH - LEFT - RIGHT),
    y: (value) => HEIGHT - BOTTOM - (value / Math.max(1e-9, yMax)) * (HEIGHT - TOP - BOTTOM),
  };
}

/** Ticks at 1, 2 or 5 times a power of ten, some four to six of them. */
function ticks(max: number): number[] {
  const raw = Math.max(1e-9, max) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw) ?? raw;
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step);
}

function frame(shape: Frame): Html {
  const { x, y } = scales(shape);
  const label = (value: number): string =>
    shape.percent === true ? `${Math.round(value * 100)} %` : String(Math.round(value * 1e4) / 1e4);
  const rows = ticks(shape.yMax).map(
    (tick) =>
      html`<line
          class="grid"
          x1="${LEFT}"
          x2="${WIDTH - RIGHT}"
          y1="${round(y(tick))}"
          y2="${round(y(tick))}"
        /><text x="${LEFT - 6}" y="${round(y(tick) + 4)}" text-anchor="end">${label(tick)}</text>`,
  );
  const columns = ticks(shape.xMax).map(
    (tick) =>
      html`<text x="${round(x(tick))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle"
        >${label(tick)}</text
      >`,
  );
  return html`${rows}${columns}<line
      class="axis"
      x1="${LEFT}"
      x2="${WIDTH - RIGHT}"
      y1="${HEIGHT - BOTTOM}"
      y2="${HEIGHT - BOTTOM}"
    /><text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle"
      >${shape.xLabel}</text
    ><text
      x="12"
      y="${(HEIGHT - BOTTOM) / 2}"
      text-anchor="middle"
      transform="rotate(-90 12 ${(HEIGHT - BOTTOM) / 2})"
      >${shape.yLabel}</text
    >`;
}

const colour = (index: number): string => String(index % 8);

function legend(names: readonly string[]): Html {
  if (names.length < 2) return html``;
  return html`<div class="legend">
    ${names.map(
      (name, index) =>
        html`<span
          ><svg viewBox="0 0 10 10" aria-hidden="true">
            <rect class="f${colour(index)}" width="10" height="10" rx="2" /></svg
          >${name}</span
        >`,
    )}
  </div>`;
}

const svg = (label: string, inside: Html, height = HEIGHT): Html =>
  html`<svg class="plot" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
    ${inside}
  </svg>`;

/** Lines through points; `marks` are single points with a name on top. */
export function linePlot(
  label: string,
  shape: Frame,
  series: readonly Series[],
  marks: readonly { readonly name: string; readonly at: readonly [number, number] }[] = [],
): Html {
  const { x, y } = scales(shape);
  const lines = series.map(({ points }, index) => {
    const path = points
      .map(([a, b], at) => `${at === 0 ? 'M' : 'L'}${round(x(a))} ${round(y(b))}`)
      .join('');
    return html`<path class="curve s${colour(index)}" d="${path}" />`;
  });
  const dots = marks.map(
    ({ name, at: [a, b] }) =>
      html`<circle class="f1" cx="${round(x(a))}" cy="${round(y(b))}" r="5" /><text
          class="name"
          x="${round(x(a) + (a > shape.xMax / 2 ? -9 : 9))}"
          y="${round(y(b) - 9)}"
          text-anchor="${a > shape.xMax / 2 ? 'end' : 'start'}"
          >${name}</text
        >`,
  );
  return html`${svg(label, html`${frame(shape)}${lines}${dots}`)}${legend(series.map(({ name }) => name))}`;
}

/** Shares of items whose value is at most x: one line for each series. */
export function cumulativePlot(
  label: string,
  xLabel: string,
  series: readonly {
    readonly name: string;
    readonly values: readonly number[];
  }[],
): Html {
  const all = series.flatMap(({ values }) => values);
  const xMax = Math.max(1e-3, ...all) * 1.03;
  return linePlot(
    label,
    { xLabel, yLabel: 'share of questions', xMax, yMax: 1, percent: false },
    series.map(({ name, values }) => {
      const sorted = values.toSorted((a, b) => a - b);
      const steps = sorted.flatMap((value, index): [number, number][] => [
        [value, index / sorted.length],
        [value, (index + 1) / sorted.length],
      ]);
      return { name, points: [[0, 0], ...steps, [xMax, 1]] };
    }),
  );
}

/** One point for each system or group, with lines at the goals. */
export function scatterPlot(
  label: string,
  axes: { readonly xLabel: string; readonly yLabel: string },
  points: readonly { readonly name: string; readonly at: readonly [number, number] }[],
  goals: { readonly x: number; readonly y: number },
): Html {
  const shape: Frame = { ...axes, xMax: 1, yMax: 1 };
  const { x, y } = scales(shape);
  const goal = html`<line
      class="goal"
      x1="${round(x(goals.x))}"
      x2="${round(x(goals.x))}"
      y1="${TOP}"
      y2="${HEIGHT - BOTTOM}"
    /><line
      class="goal"
      x1="${LEFT}"
      x2="${WIDTH - RIGHT}"
      y1="${round(y(goals.y))}"
      y2="${round(y(goals.y))}"
    />`;
  const dots = points.map(
    ({ name, at: [a, b] }, index) =>
      html`<circle class="f${colour(index)}" cx="${round(x(a))}" cy="${round(y(b))}" r="8"
          ><title>${name}: ${a.toFixed(3)}, ${b.toFixed(3)}</title></circle
        ><text class="digit" x="${round(x(a))}" y="${round(y(b) + 3.5)}" text-anchor="middle"
          >${index + 1}</text
        >`,
  );
  const names = points.map(({ name }, index) => `${index + 1} ${name}`);
  return html`${svg(label, html`${frame(shape)}${goal}${dots}`)}${legend(names)}`;
}

/** Stacked bars, one a row: where the time goes. */
export function stackedBars(
  label: string,
  rows: readonly { readonly name: string; readonly parts: readonly number[] }[],
  names: readonly string[],
  unit: string,
): Html {
  const total = (parts: readonly number[]): number => parts.reduce((sum, one) => sum + one, 0);
  const widest = Math.max(1e-9, ...rows.map(({ parts }) => total(parts)));
  const left = 104;
  const width = WIDTH - left - 62;
  const bars = rows.map(({ name, parts }, row) => {
    const top = 10 + row * 34;
    let at = left;
    const cells = parts.map((part, index) => {
      const size = (part / widest) * width;
      const cell = html`<rect
        class="f${colour(index)}"
        x="${round(at)}"
        y="${top}"
        width="${round(size)}"
        height="20"
        ><title>${names[index] ?? ''}: ${part.toFixed(3)} ${unit}</title></rect
      >`;
      at += size;
      return cell;
    });
    return html`<text class="name" x="${left - 8}" y="${top + 14}" text-anchor="end"
        >${name.slice(0, 14)}</text
      >${cells}<text x="${round(at + 6)}" y="${top + 14}"
        >${total(parts).toFixed(2)} ${unit}</text
      >`;
  });
  return html`${svg(label, html`${bars}`, 14 + rows.length * 34)}${legend(names)}`;
}
