/**
 * Which files of a hub repository make a model where there is no GGUF file: settings, tokenizer and
 * weights in the hub's own layout (safetensors or torch, sharded or not), or a ready-made ONNX decoder
 * (the layouts of onnxruntime-genai and of transformers.js).
 */
import { hubFolder } from './model-spec.ts';
import type { HubListedFile } from './hub-client.ts';
import type { ModelEntry, ModelFile } from './model-table.ts';

/** Settings and tokenizer tables, as far as a repository has them. */
const companions = [
  'config.json',
  'generation_config.json',
  'genai_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
];

/** Variants of transformers.js, the best for a processor first. */
const onnxVariants = ['q4', 'quantized', 'int8', '', 'uint8', 'q4f16', 'fp16'].map((kind) =>
  kind === '' ? 'model.onnx' : `model_${kind}.onnx`,
);

/** A plain name, in the repository's root or its `onnx` folder: never a path that leads elsewhere. */
const plainName = /^(?:onnx\/)?[A-Za-z0-9_][\w.+-]*$/u;

/** Whether `org/repo:file` names a file of such a layout rather than a model in one file. */
export const isLayoutFile = (file: string): boolean =>
  /\.(?:safetensors|json|onnx)$/u.test(file) || /(?:^|\/)pytorch_model[\w.-]*\.bin$/u.test(file);

/**
 * The entry of a repository in the hub's layout, the file that is opened first; null where it is none.
 * @param wanted a file of it that was named, or null
 */
export function hubLayoutEntry(
  repo: string,
  listed: readonly HubListedFile[],
  wanted: string | null,
): ModelEntry | null {
  const files = listed.filter(({ path }) => plainName.test(path));
  const find = (path: string): HubListedFile[] => files.filter((file) => file.path === path);
  const matching = (pattern: RegExp): HubListedFile[] =>
    files.filter(({ path }) => pattern.test(path));
  const onnx = (path: string): HubListedFile[] => {
    // Large models keep their weights beside the graph: `model.onnx_data`, `model.onnx.data`, …
    const data = path.replace(/[.+]/gu, '\\$&');
    return [...find(path), ...matching(new RegExp(`^${data}[._]data(?:_\\d+)?$`, 'u'))];
  };
  const choices: readonly (() => HubListedFile[])[] = [
    () => (wanted?.endsWith('.onnx') === true ? onnx(wanted) : []),
    () => sharded('model.safetensors.index.json', /^model-\d{5}-of-\d{5}\.safetensors$/u),
    () => find('model.safetensors'),
    () => sharded('pytorch_model.bin.index.json', /^pytorch_model-\d{5}-of-\d{5}\.bin$/u),
    () => find('pytorch_model.bin'),
    () =>
      find('genai_config.json').length === 0
        ? []
        : [...find('genai_config.json'), ...matching(/^[\w.-]+\.onnx(?:[._]data)?$/u)],
    ...onnxVariants.map((name) => () => onnx(`onnx/${name}`)),
  ];
  function sharded(index: string, shard: RegExp): HubListedFile[] {
    const found = find(index);
    return found.length === 0 ? [] : [...found, ...matching(shard)];
  }
  for (const choice of choices) {
    const chosen = choice();
    if (chosen.length === 0) continue;
    const paths = new Set(chosen.map(({ path }) => path));
    const beside = companions.flatMap((name) => (paths.has(name) ? [] : find(name)));
    const [first, ...rest] = [...chosen, ...beside].map((file) => modelFile(repo, file));
    return first === undefined ? null : layoutEntry(repo, [first, ...rest]);
  }
  return null;
}

/** The entry of these files; the first is the one that is opened. */
export function layoutEntry(repo: string, files: readonly [ModelFile, ...ModelFile[]]): ModelEntry {
  return {
    name: hubFolder(repo),
    role: 'generator',
    format: 'folder',
    licence: 'not known: see its source',
    languages: [],
    memoryBytes: 0,
    perplexity: null,
    files,
  };
}

/** In the store the files stand as in the repository, `onnx/` included: they name each other. */
function modelFile(repo: string, { path, bytes, sha256 }: HubListedFile): ModelFile {
  return {
    name: path,
    bytes,
    sha256,
    locations: [{ kind: 'hub', repo, revision: 'main', file: path }],
  };
}
