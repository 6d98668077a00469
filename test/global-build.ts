import { execFileSync } from 'node:child_process';
import { packageRoot } from '../src/core/package-root.ts';

/** End-to-end tests run the program as users do: built, as a process. */
export function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: packageRoot, stdio: 'inherit' });
}
