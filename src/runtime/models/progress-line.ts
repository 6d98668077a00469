import type { PullProgress } from './model-download.ts';

/** What the renderer writes to; process.stderr fits. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const TERMINAL_MS = 100;
const PLAIN_MS = 5_000;
/** Weight of the newest speed sample in the running mean. */
const SMOOTHING = 0.3;
const BAR_CELLS = 20;

/**
 * Shows a download: one line that is redrawn on a terminal, a plain line every five seconds
 * elsewhere. Call `update` as often as you like, and `end` once.
 */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #last: PullProgress | null = null;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #sample: { readonly atMs: number; readonly bytes: number } | null = null;
  #bytesPerSecond = 0;
  #open = false;

  /** @param now milliseconds; for tests */
  constructor(stream: ProgressStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
  }

  update(progress: PullProgress): void {
    const now = this.#now();
    const changed =
      this.#last?.file !== progress.file ||
      this.#last.phase !== progress.phase ||
      this.#last.source !== progress.source;
    if (changed) {
      this.#sample = null;
      this.#bytesPerSecond = 0;
    }
    this.#measure(progress.receivedBytes, now);
    const complete =
      progress.receivedBytes === progress.totalBytes &&
      this.#last?.receivedBytes !== progress.receivedBytes;
    this.#last = progress;
    const everyMs = this.#stream.isTTY === true ? TERMINAL_MS : PLAIN_MS;
    if (!changed && !complete && now - this.#drawnAt < everyMs) return;
    this.#drawnAt = now;
    this.#draw(progress);
  }

  /** A line of its own, above the progress. */
  notice(text: string): void {
    this.#clear();
    this.#stream.write(`${text}\n`);
  }

  /** Removes the redrawn line and writes the closing text. */
  end(text: string): void {
    this.notice(text);
    this.#last = null;
  }

  #measure(bytes: number, now: number): void {
    if (this.#sample === null) {
      this.#sample = { atMs: now, bytes };
      return;
    }
    const seconds = (now - this.#sample.atMs) / 1000;
    if (seconds < 0.25) return;
    const speed = Math.max(0, bytes - this.#sample.bytes) / seconds;
    this.#bytesPerSecond =
      this.#bytesPerSecond === 0
        ? speed
        : this.#bytesPerSecond * (1 - SMOOTHING) + speed * SMOOTHING;
    this.#sample = { atMs: now, bytes };
  }

  #draw(progress: PullProgress): void {
    const text = describe(progress, this.#bytesPerSecond, this.#stream.isTTY === true);
    if (this.#stream.isTTY !== true) {
      this.#stream.write(`${text}\n`);
      return;
    }
    // A line wider than the terminal would wrap and could not be redrawn; some terminals say 0.
    const columns = Math.max(20, this.#stream.columns || 80);
    this.#stream.write(`\r${text.slice(0, columns - 1)}\u001B[K`);
    this.#open = true;
  }

  #clear(): void {
    if (this.#open) this.#stream.write('\r\u001B[K');
    this.#open = false;
  }
}

function describe(progress: PullProgress, bytesPerSecond: number, bar: boolean): string {
  const { model, phase, source, receivedBytes, totalBytes } = progress;
  const share = totalBytes === null || totalBytes === 0 ? null : receivedBytes / totalBytes;
  const counted =
    totalBytes === null
      ? `${megabytes(receivedBytes)} MB`
      : `${megabytes(receivedBytes)}/${megabytes(totalBytes)} MB`;
  const percent = share === null ? [] : [`${Math.floor(share * 100)} %`];
  const cells = share === null ? 0 : Math.round(share * BAR_CELLS);
  const drawn =
    bar && share !== null ? [`[${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}]`] : [];
  if (phase === 'waiting') return `${model}: another process downloads it, ${counted}`;
  const speed = phase === 'downloading' && bytesPerSecond > 0;
  const left = speed && totalBytes !== null ? (totalBytes - receivedBytes) / bytesPerSecond : 0;
  return [
    phase === 'checking' ? `${model}: checking` : `${model} (${source ?? ''})`,
    ...drawn,
    ...percent,
    counted,
    ...(speed ? [`${megabytes(bytesPerSecond)} MB/s`] : []),
    ...(left >= 1 ? [`${duration(left)} left`] : []),
  ].join('  ');
}

const megabytes = (bytes: number): string =>
  bytes < 1e8 ? (bytes / 1e6).toFixed(1) : String(Math.round(bytes / 1e6));

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
