/** `footnote models list`, `pull` and `verify`. Each answers with the exit code. */
import type { Config } from '../core/config.ts';
import { FootnoteError, toFootnoteError } from '../core/errors.ts';
import {
  defaultGenerators,
  measureMachine,
  probeHub,
} from '../runtime/models/default-generators.ts';
import { ModelStore, type ModelStatus } from '../runtime/models/model-store.ts';
import { ProgressLine, type ProgressStream } from '../runtime/models/progress-line.ts';
import { formatTable } from './format-table.ts';

export interface CommandIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressStream;
  readonly signal: AbortSignal;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const STATES: Readonly<Record<ModelStatus['state'], string>> = {
  verified: 'here',
  present: 'here, not checked',
  partial: 'partly here',
  missing: 'not here',
};

/** Prints what the store holds; `json` prints one JSON array instead of a table. */
export async function modelsListCommand(
  config: Config,
  args: { readonly json?: boolean },
  io: CommandIo,
): Promise<number> {
  const rows = await new ModelStore(config).list();
  if (args.json === true) {
    const list = rows.map(({ entry, path, state, bytes }) => ({
      name: entry.name,
      role: entry.role,
      state,
      bytes,
      total_bytes: entry.files[0].bytes,
      sha256: entry.files[0].sha256,
      licence: entry.licence,
      languages: entry.languages,
      sources: entry.files[0].locations.map(({ kind }) => kind),
      path,
    }));
    io.stdout.write(`${JSON.stringify(list, null, 2)}\n`);
    return 0;
  }
  const table = rows.map(({ entry, state, bytes }) => [
    entry.name,
    entry.role,
    state === 'partial'
      ? `${STATES[state]} (${megabytes(bytes)} of ${megabytes(entry.files[0].bytes ?? 0)})`
      : STATES[state],
    megabytes(entry.files[0].bytes ?? bytes),
    entry.languages.join(' ').replace('*', '100 languages'),
    entry.files[0].locations.map(({ kind }) => kind).join(', '),
    entry.licence,
  ]);
  io.stdout.write(
    `${formatTable(['name', 'role', 'state', 'size', 'languages', 'from', 'licence'], table)}\nstore: ${config.modelDir}\n`,
  );
  return 0;
}

/**
 * Fetches the named models (store names, hub ids or paths); without names the generator this machine
 * would use and the embedder. `from` is a folder that is asked first. Progress goes to stderr, one
 * line for each model to stdout.
 */
export async function modelsPullCommand(
  config: Config,
  args: { readonly names?: readonly string[]; readonly from?: string | undefined },
  io: CommandIo,
): Promise<number> {
  const store = new ModelStore(config, {
    localFolders: args.from === undefined ? [] : [args.from],
  });
  const names = args.names ?? [];
  if (names.length > 0) {
    let failed = 0;
    for (const name of names) failed += (await pullOne(store, name, io)) ? 0 : 1;
    return failed === 0 ? 0 : 1;
  }
  const installed = (await store.list())
    .filter(({ state }) => state === 'verified')
    .map(({ entry }) => entry.name);
  const generators = defaultGenerators(config, {
    hubReachable: config.generator === undefined && (await probeHub(config, io)),
    ...measureMachine(),
    installed,
  });
  const embedder = await pullOne(store, config.embedder, io);
  // A configured generator is that one or none; of the defaults the first that can be had.
  const line = config.generator === undefined ? generators : generators.slice(0, 1);
  for (const name of line) {
    if (await pullOne(store, name, io)) return embedder ? 0 : 1;
  }
  return 1;
}

async function pullOne(store: ModelStore, name: string, io: CommandIo): Promise<boolean> {
  const line = new ProgressLine(io.stderr);
  const startedAt = performance.now();
  try {
    const model = await store.ensure(name, {
      signal: io.signal,
      onProgress: (progress) => {
        line.update(progress);
      },
      onNotice: (text) => {
        line.notice(text);
      },
    });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    line.end(
      model.networkBytes === 0
        ? `${model.name}: ready`
        : `${model.name}: ready, ${megabytes(model.networkBytes)} fetched in ${seconds} s, sha256 checked`,
    );
    io.stdout.write(`${model.name}\t${model.path}\n`);
    return true;
  } catch (error) {
    if (io.signal.aborted) throw error;
    const typed = toFootnoteError(error);
    line.end(`${name}: ${typed.message}`);
    return false;
  }
}

/** Hashes the named models, or all that are here, and compares with the known hashes. Exit code 1 where one differs. */
export async function modelsVerifyCommand(
  config: Config,
  args: { readonly names?: readonly string[] },
  io: CommandIo,
): Promise<number> {
  const store = new ModelStore(config);
  const named = args.names ?? [];
  const here = (await store.list()).filter(
    ({ state }) => state === 'verified' || state === 'present',
  );
  const specs = named.length > 0 ? named : here.map(({ entry }) => specOf(entry));
  if (specs.length === 0) {
    io.stdout.write(`no model is here: run \`footnote models pull\`\n`);
    return 0;
  }
  let code = 0;
  for (const spec of specs) {
    try {
      for (const { name, path, ok, expected, actual } of await store.verify(spec, io)) {
        if (!ok) code = 1;
        const verdict = ok
          ? expected === null
            ? `sha256 ${actual}, nothing to compare with`
            : `ok, sha256 ${actual}`
          : `WRONG: sha256 ${actual}, expected ${expected ?? ''}; run \`footnote models pull ${spec}\``;
        io.stdout.write(`${name}: ${verdict} (${path})\n`);
      }
    } catch (error) {
      if (io.signal.aborted) throw error;
      if (!(error instanceof FootnoteError)) throw error;
      code = 1;
      io.stdout.write(`${spec}: ${error.message}\n`);
    }
  }
  return code;
}

/** What names this entry on the command line again. */
function specOf(entry: ModelStatus['entry']): string {
  const hub = entry.files[0].locations.find((location) => location.kind === 'hub');
  return hub !== undefined && entry.name.includes('--') ? `${hub.repo}:${hub.file}` : entry.name;
}
