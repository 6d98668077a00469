/** Starts llama.cpp's own server where PyPI's `xllamacpp` is installed (`.ci/prepare` puts it into a folder of its own). */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/core/config.ts';

const script = fileURLToPath(new URL('./llama_server.py', import.meta.url));
const environment = childEnvironment({
  PYTHONPATH: join(homedir(), '.cache', 'footnote', 'test-python'),
});

/** Null where the package is not there. */
export function findLlamaServer(): string | null {
  for (const python of ['python3', '/usr/bin/python3']) {
    if (python.startsWith('/') && !existsSync(python)) continue;
    try {
      execFileSync(python, ['-c', 'import xllamacpp'], { env: environment, stdio: 'ignore' });
      return python;
    } catch {
      // The next one.
    }
  }
  return null;
}

/** Serves a GGUF file on a free port of loopback until `close`. */
export async function startLlamaServer(
  python: string,
  modelPath: string,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const child = spawn(python, [script, modelPath], {
    env: environment,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => {
      resolve();
    });
  });
  const close = async (): Promise<void> => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
  };
  for await (const line of createInterface(child.stdout)) {
    return { url: (JSON.parse(line) as { url: string }).url, close };
  }
  throw new Error('llama-server ended before it was ready');
}
