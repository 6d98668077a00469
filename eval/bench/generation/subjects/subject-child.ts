/** One program of the bench in a process of its own, so that noise, memory and threads are its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { residentMemory } from '../resident-memory.ts';
import type { Subject, SubjectOptions, Task, TaskResult } from './subject.ts';

export const subjectNames = [
  'footnote',
  'llama',
  'llama-lookup',
  'transformers',
  'llama-native',
] as const;
export type SubjectName = (typeof subjectNames)[number];

async function openNative(options: SubjectOptions): Promise<Subject> {
  const script = fileURLToPath(new URL('./llama_native.py', import.meta.url));
  const child = spawn(options.python, [script, options.weightsPath, String(options.threads)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const ended = new AbortController();
  child.once('exit', (code) => {
    ended.abort(new Error(`llama_native.py ended with ${String(code)}`));
  });
  const next = async (): Promise<string> =>
    String(((await once(lines, 'line', { signal: ended.signal })) as unknown[])[0]);
  await next();
  return {
    run: async (task) => {
      const answer = next();
      child.stdin.write(`${JSON.stringify(task)}\n`);
      return JSON.parse(await answer) as TaskResult;
    },
  };
}

async function openSubject(name: SubjectName, options: SubjectOptions): Promise<Subject> {
  switch (name) {
    case 'footnote':
      return (await import('./footnote-subject.ts')).openFootnote(options);
    case 'llama':
    case 'llama-lookup':
      return (await import('./llama-subject.ts')).openLlama(options, name === 'llama-lookup');
    case 'transformers':
      return (await import('./transformers-subject.ts')).openTransformers(options);
    default:
      return openNative(options);
  }
}

const [name, text] = process.argv.slice(2);
if (process.send !== undefined && name !== undefined && text !== undefined) {
  const send = (message: unknown): void => {
    process.send?.(message);
  };
  try {
    const subject = await openSubject(name as SubjectName, JSON.parse(text) as SubjectOptions);
    process.on('message', (task: Task) => {
      void (async () => {
        try {
          const result = await subject.run(task);
          const peakMegabytes = (process.resourceUsage().maxRSS * 1024) / 1e6;
          const resident = name === 'llama-native' ? null : residentMemory();
          send({ result: { peakMegabytes, resident, ...result } });
        } catch (error) {
          send({ error: String((error as Error).stack ?? error) });
        }
      })();
    });
    process.on('disconnect', () => process.exit(0));
    send({ ready: true });
  } catch (error) {
    send({ error: String((error as Error).stack ?? error) });
    process.exit(1);
  }
}
