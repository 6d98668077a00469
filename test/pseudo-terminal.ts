/** Runs the built program in a real pseudo-terminal, through util-linux's `script`. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../src/core/package-root.ts';

/** Whether this machine has the `script` of util-linux; BSD's takes other arguments. */
export const hasPseudoTerminal = ((): boolean => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
})();

export interface TerminalSession {
  /** Everything shown so far, escapes included. */
  shown(): string;
  /** Types keys; `\u0003` is Ctrl-C. */
  type(keys: string): void;
  /** Waits until something is shown that was not there at `from`; returns where it ends. */
  waitFor(pattern: RegExp, from?: number): Promise<number>;
  /** The program's exit code. */
  readonly exited: Promise<number | null>;
}

/** Starts `footnote` with these arguments on a terminal of 80 columns. */
export function openTerminal(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): TerminalSession {
  const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
  const program = [process.execPath, join(packageRoot, 'dist/src/main.js'), ...args];
  const child = spawn(
    'script',
    ['-qec', `stty cols 80; exec ${program.map(quote).join(' ')}`, '/dev/null'],
    { cwd: packageRoot, env: { ...process.env, TERM: 'xterm-256color', ...environment } },
  );
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return {
    shown: () => shown,
    type: (keys) => child.stdin.write(keys),
    exited,
    waitFor: async (pattern, from = 0) => {
      for (let waited = 0; waited < 200_000; waited += 50) {
        const match = pattern.exec(shown.slice(from));
        if (match !== null) return from + match.index + match[0].length;
        if (child.exitCode !== null) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`${String(pattern)} was not shown: ${JSON.stringify(shown.slice(from))}`);
    },
  };
}
