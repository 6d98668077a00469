/** Starts a program of the bench in its own process and asks it one task after the other. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SubjectOptions, Task, TaskResult } from './subject.ts';
import type { SubjectName } from './subject-child.ts';

export interface RunningSubject {
  readonly name: SubjectName;
  readonly run: (task: Task) => Promise<TaskResult>;
  readonly close: () => void;
}

type Answer = { readonly ready?: true; readonly result?: TaskResult; readonly error?: string };

/** @throws Error with what the program said when it could not start */
export async function startSubject(
  name: SubjectName,
  options: SubjectOptions,
): Promise<RunningSubject> {
  const child = fork(
    fileURLToPath(new URL('./subject-child.ts', import.meta.url)),
    [name, JSON.stringify(options)],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const answer = (): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => {
        reject(new Error(`${name} ended with ${String(code)}`));
      };
      child.once('exit', onExit);
      child.once('message', (message) => {
        child.off('exit', onExit);
        const said = message as Answer;
        if (said.error === undefined) resolve(said);
        else reject(new Error(`${name}: ${said.error}`));
      });
    });
  await answer();
  return {
    name,
    run: async (task) => {
      const next = answer();
      child.send(task);
      return (await next).result as TaskResult;
    },
    close: () => {
      if (child.connected) child.disconnect();
    },
  };
}
