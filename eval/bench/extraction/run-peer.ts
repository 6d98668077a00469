import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface PeerPage {
  readonly id: string;
  readonly url: string;
  readonly html: string;
}

export interface PeerAnswer {
  readonly id: string;
  readonly text: string;
  /** Wall time of the library's own call. */
  readonly ms: number;
  /** What it threw; its text is then empty. */
  readonly error: string | null;
}

export interface PeerRun {
  readonly answers: readonly PeerAnswer[];
  readonly peakBytes: number;
}

const PAGE_MS = 60_000;

/**
 * Runs a peer over the pages, one page at a time, in one child process.
 * @param warmUp pages that are read first and not counted: compiled code is what a service runs
 * @returns null when the peer cannot be started (its library is not installed)
 */
export async function runPeer(
  command: string,
  args: readonly string[],
  pages: readonly PeerPage[],
  warmUp: number,
): Promise<PeerRun | null> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown> | null> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), PAGE_MS);
    try {
      const line = await Promise.race([lines.next(), gone.then(() => lines.next())]);
      return line.done === true ? null : (JSON.parse(line.value) as Record<string, unknown>);
    } finally {
      clearTimeout(timer);
    }
  };
  if ((await next())?.['ready'] === undefined) return null;
  const answers: PeerAnswer[] = [];
  for (const [index, page] of [...pages.slice(0, warmUp), ...pages].entries()) {
    child.stdin.write(`${JSON.stringify(page)}\n`);
    const answer = await next();
    if (answer === null) throw new Error(`${args.join(' ')} died or hung at ${page.url}`);
    if (index >= warmUp) answers.push(answer as unknown as PeerAnswer);
  }
  child.stdin.end();
  const last = await next();
  await gone;
  return { answers, peakBytes: Number(last?.['peakBytes'] ?? NaN) };
}
