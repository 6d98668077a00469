/** `footnote ask` and `chat` as people and scripts run them: in a real terminal, and in pipes. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFootnote, TEST_CACHE } from './footnote-process.ts';
import { hasPseudoTerminal, openTerminal } from './pseudo-terminal.ts';
import { weights } from './weights.ts';

const ready = weights('smollm2-135m') !== null && weights('multilingual-e5-small') !== null;
const environment = {
  FOOTNOTE_SEARCH: 'sample',
  FOOTNOTE_GENERATOR: 'smollm2-135m',
  FOOTNOTE_CACHE_DIR: TEST_CACHE,
  FORCE_COLOR: undefined,
  NO_COLOR: undefined,
  CI: undefined,
};
const QUESTION = 'How deep is Lake Baikal?';
/** One of its pages takes seconds to come. */
const SLOW_QUESTION = 'What does the Voyager archive say about the golden record?';
const COLD_MS = 240_000;
const ESC = '\u001B';

/** A terminal as an old one: no links, and asked for no colours. */
const plain = { ...environment, NO_COLOR: '1', FORCE_HYPERLINK: '0' };

describe.skipIf(!ready)('in pipes', () => {
  it(
    'chat answers line by line, follow-ups included, without a single escape',
    async () => {
      const { code, stdout, stderr } = await runFootnote(['chat'], {
        env: environment,
        input: `${QUESTION}\nHow wide is it?\n/sources\n/nonsense\n`,
      });
      expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
      expect(stdout).toContain('1,642');
      expect(stdout).toContain('79 kilometres');
      expect(stdout).toMatch(/\nSources\n\[\d\] Lake Baikal \(\d{4}-\d\d-\d\d\)\n {4}http/u);
      expect(stderr).toContain('There is no command /nonsense');
      expect(stdout + stderr).not.toContain(ESC);
    },
    COLD_MS,
  );

  it(
    'ask tells a script by its exit code that the sources hold no answer',
    async () => {
      const { code, stdout } = await runFootnote(
        [
          'ask',
          '--strict',
          '--json',
          'What did Zyntherix Corporation shares cost on 3 March 2021?',
        ],
        { env: environment },
      );
      expect((JSON.parse(stdout) as { abstained: boolean }).abstained).toBe(true);
      expect(code).toBe(3);
    },
    COLD_MS,
  );

  it(
    'says what is wrong with usage, and shows examples',
    async () => {
      const wrong = await runFootnote(['ask']);
      expect([wrong.code, wrong.stdout]).toEqual([2, '']);
      const { code, stdout } = await runFootnote(['ask', '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('Examples:\n');
    },
    COLD_MS,
  );
});

describe('completion', () => {
  it(
    'completes commands and options in bash',
    async () => {
      const { code, stdout } = await runFootnote(['completion', 'bash']);
      expect(code).toBe(0);
      const file = join(tmpdir(), `footnote-completion-${process.pid}.bash`);
      writeFileSync(file, stdout);
      const complete = (...words: readonly string[]): string =>
        execFileSync(
          'bash',
          [
            '-c',
            'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _footnote; echo "${COMPREPLY[*]}"',
            'bash',
            file,
            ...words,
          ],
          { encoding: 'utf8' },
        ).trim();
      expect(complete('footnote', 'as')).toBe('ask');
      expect(complete('footnote', 'ask', '--js')).toBe('--json');
      expect(complete('footnote', 'models', '')).toContain('pull');
      expect(complete('footnote', 'models', 'pull', '--f')).toBe('--from');
    },
    COLD_MS,
  );

  it(
    'knows zsh and fish, and no other shell',
    async () => {
      expect((await runFootnote(['completion', 'zsh'])).stdout).toMatch(/^#compdef footnote\n/u);
      const { stdout } = await runFootnote(['completion', 'fish']);
      expect(stdout).toContain("-n '__fish_seen_subcommand_from ask' -l json");
      expect((await runFootnote(['completion', 'tcsh'])).code).toBe(2);
    },
    COLD_MS,
  );
});

describe.skipIf(!ready || !hasPseudoTerminal)('in a terminal', () => {
  it(
    'chat shows what happens, links its sources, keeps the conversation, and Ctrl-C stops the answer first',
    async () => {
      const session = openTerminal(['chat'], { ...environment, TERM_PROGRAM: 'WezTerm' });
      let at = await session.waitFor(/> /u);
      session.type(`${QUESTION}\r`);
      at = await session.waitFor(/reading 1 page …/u, at);
      at = await session.waitFor(/writing from \d passages …/u, at);
      at = await session.waitFor(/1,642/u, at);
      at = await session.waitFor(/\]8;;http\S+#:~:text=\S+Lake Baikal/u, at);
      at = await session.waitFor(/> /u, at);
      session.type('How wide is it?\r');
      at = await session.waitFor(/rewrite: How wide is Lake Baikal\?/u, at);
      at = await session.waitFor(/79\s+kilometres/u, at);
      at = await session.waitFor(/> /u, at);
      session.type('/new\r');
      at = await session.waitFor(/A new conversation\.[^]*> /u, at);
      session.type(`${SLOW_QUESTION}\r`);
      at = await session.waitFor(/reading/u, at);
      session.type('\u0003');
      at = await session.waitFor(/stopped[^]*> /u, at);
      session.type('\u0003');
      expect(await session.exited).toBe(0);
    },
    COLD_MS,
  );

  it(
    'ask ends with 130 at Ctrl-C, and uses no colours where none are wanted',
    async () => {
      const session = openTerminal(['ask', SLOW_QUESTION], plain);
      await session.waitFor(/reading|read /u);
      session.type('\u0003');
      expect(await session.exited).toBe(130);
      expect(session.shown()).not.toContain(`${ESC}[2m`);
      expect(session.shown()).not.toContain(`${ESC}[1m`);
    },
    COLD_MS,
  );
});
