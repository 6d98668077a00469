/** Pairs of answers that people judged, from the data folder (never committed), with what the models say. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../src/core/package-root.ts';
import { countWords } from '../../../src/core/tokens.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { readE5Weights } from '../../../src/runtime/e5/e5-weights.ts';
import { CrossEncoder } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import {
  embedderSays,
  crossEncoderSays,
  readingFeatures,
  type Readings,
} from '../../../scorer/preference/answer-readings.ts';
import {
  preferenceFeatures,
  type PreferenceInput,
} from '../../../scorer/preference/preference-features.ts';
import { readRows } from '../support/support-data.ts';

interface Row {
  readonly group: string;
  readonly source: string;
  readonly lang: string;
  readonly prompt: string;
  readonly passages?: { title: string; text: string }[];
  readonly answer_a: string;
  readonly answer_b: string;
  readonly label: 'a' | 'b' | 'tie';
}

export interface Pair {
  /** Pairs of one prompt never stand on both sides of a split. */
  readonly group: string;
  readonly source: string;
  readonly lang: string;
  /** Features, and behind them what the models say (none where they were not asked). */
  readonly better: readonly number[];
  readonly worse: readonly number[];
  /** Words of the better answer over those of the worse one, as a logarithm. */
  readonly longer: number;
}

/** Sources without a licence (or CC BY-NC): measured only. */
export const UNLICENSED = /^(?:mediqa|autoj|lfqa-expert|.*pku-saferlhf)/u;

type Two = readonly [number, number];

/** Two numbers of each question and answer, kept in a file, since they take minutes. */
class KeptNumbers {
  readonly #path: string;
  readonly #known = new Map<string, Two>();

  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (!line.endsWith(']')) continue;
      const [key, first, second] = JSON.parse(line) as [string, number, number];
      this.#known.set(key, [first, second]);
    }
  }

  async of(key: string, compute: () => Promise<Two>): Promise<Two> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const [first, second] = await compute();
    const short: Two = [Number(first.toPrecision(6)), Number(second.toPrecision(6))];
    this.#known.set(key, short);
    appendFileSync(this.#path, `${JSON.stringify([key, ...short])}\n`);
    return short;
  }
}

/** What the models say of questions and answers; one file for each cross-encoder, one for the embedder. */
export class KeptReadings {
  readonly #crossEncoder: CrossEncoder;
  readonly #embedder: E5Embedder;
  readonly #read: KeptNumbers;
  readonly #embedded: KeptNumbers;

  private constructor(
    crossEncoder: CrossEncoder,
    embedder: E5Embedder,
    read: string,
    embedded: string,
  ) {
    this.#crossEncoder = crossEncoder;
    this.#embedder = embedder;
    this.#read = new KeptNumbers(read);
    this.#embedded = new KeptNumbers(embedded);
  }

  /** @param folder of converted graphs and of what is kept */
  static async open(weightsPath: string, folder: string): Promise<KeptReadings> {
    const weights = await readE5Weights(weightsPath);
    const load = { weightsPath, weights, cacheDir: folder, threads: 1 };
    const crossEncoder = await CrossEncoder.load(load);
    const embedder = await E5Embedder.load(load);
    const bytes = await readFile(
      join(packageRoot, 'src/runtime/cross-encoder/cross-encoder-weights.safetensors'),
    );
    const version = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
    return new KeptReadings(
      crossEncoder,
      embedder,
      join(folder, `preference-cross-encoder-${version}.jsonl`),
      join(folder, 'preference-embedder.jsonl'),
    );
  }

  async of(input: PreferenceInput): Promise<Readings> {
    const { signal } = new AbortController();
    const key = createHash('sha256')
      .update(`${input.question}\u0000${input.answer}`)
      .digest('hex')
      .slice(0, 24);
    return [
      ...(await this.#read.of(key, () => crossEncoderSays(input, this.#crossEncoder, { signal }))),
      ...(await this.#embedded.of(key, () => embedderSays(input, this.#embedder, { signal }))),
    ];
  }
}

/** @param kept null: features alone */
export async function preferencePairs(
  file: string,
  keep: (row: { readonly source: string }) => boolean,
  kept: KeptReadings | null,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const row of readRows<Row>(file)) {
    if (row.label === 'tie' || !keep(row)) continue;
    const features = async (answer: string): Promise<number[]> => {
      const input = { question: row.prompt, answer, references: row.passages };
      const plain = preferenceFeatures(input);
      if (kept === null) return plain;
      const referenced = (row.passages ?? []).length > 0;
      return [...plain, ...readingFeatures(await kept.of(input), referenced)];
    };
    const [better, worse] =
      row.label === 'a' ? [row.answer_a, row.answer_b] : [row.answer_b, row.answer_a];
    pairs.push({
      group: row.group,
      source: row.source,
      lang: row.lang,
      better: await features(better),
      worse: await features(worse),
      longer: Math.log((1 + countWords(better)) / (1 + countWords(worse))),
    });
  }
  return pairs;
}
