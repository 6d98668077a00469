import { describe, expect, it } from 'vitest';
import type { PullProgress } from './model-download.ts';
import { ProgressLine } from './progress-line.ts';

const at = (receivedBytes: number): PullProgress => ({
  model: 'tiny',
  file: 'tiny.gguf',
  phase: 'downloading',
  source: 'hub',
  receivedBytes,
  totalBytes: 200e6,
});

function draw(isTTY: boolean): string {
  let text = '';
  let nowMs = 0;
  const line = new ProgressLine(
    { isTTY, columns: 100, write: (more: string) => (text += more) },
    () => nowMs,
  );
  // 10 MB/s for 20 s, reported every 50 ms.
  for (; nowMs <= 20_000; nowMs += 50) line.update(at(nowMs * 10_000));
  line.update(at(200e6));
  line.end('done');
  return text;
}

describe('the progress line', () => {
  it('is redrawn on a terminal, with percent, megabytes, speed and time left', () => {
    const text = draw(true);
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain('[##########..........]  50 %  100/200 MB  10.0 MB/s  10 s left');
    expect(text.endsWith('\r\u001B[Kdone\n')).toBe(true);
    // Ten times a second at most.
    expect(text.split('\r').length).toBeLessThan(210);
  });

  it('is a plain line every few seconds elsewhere, and the end comes once', () => {
    const lines = draw(false).trimEnd().split('\n');
    expect(lines).toEqual([
      'tiny (hub)  0 %  0.0/200 MB',
      'tiny (hub)  25 %  50.0/200 MB  10.0 MB/s  15 s left',
      'tiny (hub)  50 %  100/200 MB  10.0 MB/s  10 s left',
      'tiny (hub)  75 %  150/200 MB  10.0 MB/s  5 s left',
      'tiny (hub)  100 %  200/200 MB  10.0 MB/s',
      'done',
    ]);
  });
});
