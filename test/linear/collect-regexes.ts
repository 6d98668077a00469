/** Every regular expression of the product: literals from the syntax tree, made ones from importing the modules. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

export interface FoundRegex {
  readonly source: string;
  readonly flags: string;
  /** `file:line`. */
  readonly place: string;
}

export interface Collected {
  readonly regexes: readonly FoundRegex[];
  /** Places of `new RegExp(…)` that no import reaches: what they make is not known here. */
  readonly unreached: readonly string[];
}

const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const ROOMS = ['src', 'retriever', 'generator', 'scorer'];
/** Modules that do something when they are imported, or need a browser. */
const NOT_IMPORTED = /-child\.ts$|^src\/main\.ts$|^src\/web\/|write-reference\.ts$/u;

function productFiles(): string[] {
  return execFileSync('git', ['ls-files', '--', ...ROOMS], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|\.d\.ts$|\/testing\//u.test(file));
}

export async function collectRegexes(): Promise<Collected> {
  const regexes: FoundRegex[] = [];
  const made = new Map<string, boolean>();
  const files = productFiles();
  for (const file of files) {
    const text = readFileSync(resolve(ROOT, file), 'utf8');
    const place = (start: number): string => `${file}:${text.slice(0, start).split('\n').length}`;
    const construct = (node: { callee: object; arguments: object[]; start: number }): void => {
      const { name } = node.callee as { name?: string };
      if (name !== 'RegExp' || isSourceOf(node.arguments[0])) return;
      made.set(place(node.start), false);
    };
    new Visitor({
      Literal: (node) => {
        if (!('regex' in node)) return;
        const { pattern: source, flags } = node.regex;
        regexes.push({ source, flags, place: place(node.start) });
      },
      NewExpression: construct,
      CallExpression: construct,
    }).visit(parseSync(file, text).program);
  }
  const restore = record((regex) => {
    regexes.push(regex);
    if (made.has(regex.place)) made.set(regex.place, true);
  });
  try {
    for (const file of files) {
      if (!NOT_IMPORTED.test(file)) await import(pathToFileURL(resolve(ROOT, file)).href);
    }
  } finally {
    restore();
  }
  const unreached = [...made].filter(([, reached]) => !reached).map(([place]) => place);
  return { regexes, unreached };
}

/** `x.source`: another expression's text, which is looked at where it is written. */
const isSourceOf = (argument: object | undefined): boolean =>
  (argument as { property?: { name?: string } } | undefined)?.property?.name === 'source';

/** From now on `new RegExp` is reported; the returned function ends that. */
function record(report: (regex: FoundRegex) => void): () => void {
  const original = globalThis.RegExp;
  const make = (target: typeof RegExp, given: unknown[]): RegExp => {
    const regex = new target(...(given as [string, string]));
    const frame = (new Error('where').stack ?? '')
      .split('\n')
      .slice(1)
      .find((line) => line.includes(ROOT) && !line.includes('collect-regexes'));
    const at = /\(?((?:file:\/\/)?\/[^():]+):(\d+):\d+\)?$/u.exec(frame ?? '');
    if (at !== null && !frame?.includes('node_modules')) {
      const file = at[1]?.startsWith('file:') === true ? fileURLToPath(at[1]) : (at[1] ?? '');
      const place = `${relative(ROOT, file)}:${at[2]}`;
      report({ source: regex.source, flags: regex.flags, place });
    }
    return regex;
  };
  globalThis.RegExp = new Proxy(original, {
    construct: (target, given) => make(target, given),
    apply: (target, _this, given) => make(target, given),
  });
  return () => {
    globalThis.RegExp = original;
  };
}
