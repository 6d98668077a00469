/** Runs the built program as users do: as a process, over its streams and sockets. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { packageRoot } from '../src/core/package-root.ts';

/** Models are converted once for all tests here, which takes longer than the tests themselves. */
export const TEST_CACHE = join(tmpdir(), 'footnote-test-cache');

const MAIN = join(packageRoot, 'dist/src/main.js');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd: packageRoot,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export async function runFootnote(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {},
): Promise<Finished> {
  const child = start(args, options.env ?? {});
  child.stdin?.end(options.input ?? '');
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream & AsyncIterable<Uint8Array>),
    text(child.stderr as NodeJS.ReadableStream & AsyncIterable<Uint8Array>),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

export interface Service {
  readonly origin: string;
  readonly process: ChildProcess;
  /** Everything on stderr so far. */
  readonly log: () => string;
  /** Sends SIGTERM and waits for the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `footnote serve` on a free port and waits for the address it prints. */
export async function startService(
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
): Promise<Service> {
  const child = start(['serve', '--port', '0', ...args], env);
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const origin = await new Promise<string>((resolve, reject) => {
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      const found = /https?:\/\/\S+/u.exec(seen)?.[0];
      if (found !== undefined) resolve(found);
    });
    exited.then(([code]) => reject(new Error(`serve ended with ${String(code)}: ${log}`)), reject);
  });
  return {
    origin,
    process: child,
    log: () => log,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}
