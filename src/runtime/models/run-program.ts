import { spawn } from 'node:child_process';
import { abortReason, deadline } from '../../core/deadline.ts';
import type { CallOptions } from '../../core/seams.ts';

export interface ProgramResult {
  /** null: it was not found, could not start or was killed. */
  readonly exitCode: number | null;
  /** Last 64 kB of each stream. */
  readonly stdout: string;
  readonly stderr: string;
}

const KEEP = 65_536;

/**
 * Runs a program without a shell and waits for its end. A program that is not there is a result
 * (`exitCode` null), not an error.
 * @throws FootnoteError `timeout` after `timeoutMs`, `cancelled`; the program is killed before
 */
export async function runProgram(
  command: readonly [string, ...string[]],
  options: CallOptions & {
    readonly timeoutMs: number;
    readonly cwd?: string;
    readonly environment?: NodeJS.ProcessEnv;
  },
): Promise<ProgramResult> {
  const [program, ...args] = command;
  const limit = deadline(options.timeoutMs, options.signal, command.join(' '));
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.environment === undefined ? {} : { env: options.environment }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-KEEP);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEEP);
  });
  let killer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    child.kill('SIGTERM');
    killer = setTimeout(() => child.kill('SIGKILL'), 2_000);
  };
  if (limit.signal.aborted) onAbort();
  else limit.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const exitCode = await new Promise<number | null>((resolve) => {
      child.once('error', () => {
        resolve(null);
      });
      child.once('close', (code) => {
        resolve(code);
      });
    });
    if (limit.signal.aborted) throw abortReason(limit.signal);
    return { exitCode, stdout, stderr };
  } finally {
    clearTimeout(killer);
    limit.signal.removeEventListener('abort', onAbort);
    limit.clear();
  }
}
