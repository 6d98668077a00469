import { CONFIG_FIELDS, redactConfig, type Config, type ConfigName } from '../core/config.ts';
import { toFootnoteError } from '../core/errors.ts';
import type { DoctorProbe, Finding } from './doctor-probe.ts';
import { doctorProbes } from './doctor-probes.ts';
import type { CommandIo } from './models-command.ts';

const MARKS: Readonly<Record<Finding['state'], string>> = {
  ok: 'ok  ',
  warn: 'note',
  fail: 'FAIL',
};

/**
 * `footnote doctor`: what works on this machine, each failing part with its fix, and the
 * configuration with secrets hidden. Exit code 1 where something keeps footnote from answering.
 * `json` prints `{ findings, config }` and nothing else.
 */
export async function doctorCommand(
  config: Config,
  args: { readonly json?: boolean },
  io: CommandIo,
  probes: readonly DoctorProbe[] = doctorProbes,
): Promise<number> {
  const findings = (await Promise.all(probes.map((probe) => run(probe, config, io.signal)))).flat();
  const options = Object.entries(redactConfig(config)).map(([name, value]) => ({
    name,
    environment: CONFIG_FIELDS[name as ConfigName].env,
    value: value ?? null,
  }));
  if (args.json === true) {
    io.stdout.write(`${JSON.stringify({ findings, config: options }, null, 2)}\n`);
  } else {
    const width = Math.max(...findings.map(({ part }) => part.length));
    for (const { part, state, detail, fix } of findings) {
      io.stdout.write(`${MARKS[state]}  ${part.padEnd(width)}  ${detail}\n`);
      if (fix !== undefined && state !== 'ok') {
        io.stdout.write(`${' '.repeat(width + 8)}fix: ${fix}\n`);
      }
    }
    io.stdout.write('\nconfiguration (environment name: value)\n');
    for (const { name, environment, value } of options) {
      io.stdout.write(`  ${name} (${environment}): ${show(value)}\n`);
    }
  }
  return findings.some(({ state }) => state === 'fail') ? 1 : 0;
}

/** A probe that throws is a finding too: the doctor must reach the last part. */
async function run(
  probe: DoctorProbe,
  config: Config,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    return await probe(config, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return [
      {
        part: probe.name.replace(/^probe/, '').toLowerCase(),
        state: 'fail',
        detail: toFootnoteError(error).message,
      },
    ];
  }
}

function show(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'not set';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
