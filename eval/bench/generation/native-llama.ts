/** A Python with a llama.cpp compiled for this machine, from the source that `llama-cpp-python` carries. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment } from '../../../src/core/config.ts';

const version = '0.3.36';

/** Path of the Python; compiles at first (15 minutes or more, at low priority). */
export async function nativeLlama(cacheDir: string): Promise<string> {
  const folder = join(cacheDir, `llama-native-${version}`);
  const python = join(folder, 'bin/python');
  const done = join(folder, 'bin/llama-is-built');
  if (existsSync(done)) return python;
  console.error(`compiling llama.cpp (llama-cpp-python ${version}) into ${folder}`);
  await call(['python3', '-m', 'venv', folder], {});
  await call(
    ['nice', '-n', '15', python, '-m', 'pip', 'install', '--quiet'].concat(
      '--no-binary=llama-cpp-python',
      `llama-cpp-python==${version}`,
    ),
    { CMAKE_ARGS: '-DGGML_NATIVE=ON -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF' },
  );
  await call(['touch', done], {});
  return python;
}

async function call(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    env: childEnvironment(environment),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${String(code)}`);
}
