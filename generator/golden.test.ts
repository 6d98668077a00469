/** The graph against logits of `transformers` (and of the script's own references), see golden/. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { convertGlm } from './glm/convert-glm.ts';
import { GlmDecoder } from './glm/glm-decoder.ts';
import { openModel } from './open-model.ts';
import { convertPrefixGlm } from './prefix-glm/convert-prefix-glm.ts';
import { openPrefixGlm } from './prefix-glm/prefix-glm-model.ts';
import { StepDecoder } from './steps/step-decoder.ts';
import { hubTokenizer } from './tokenizer/hub-tokenizer.ts';
import { promptParts } from './tokenizer/render-prompt.ts';

const cacheDir = mkdtempSync(join(tmpdir(), 'footnote-golden-'));
const goldens = new URL('golden/', import.meta.url).pathname;
const { signal } = new AbortController();
const greedy = { topP: 1, topK: 0, seed: 1, stopIds: [], signal, onTokens: () => true };
afterAll(() => {
  rmSync(cacheDir, { recursive: true, force: true });
});

const read = (name: string): unknown => JSON.parse(readFileSync(join(goldens, name), 'utf8'));
const readTexts = (name: string): { texts: string[]; ids: number[][] } =>
  read(`${name}/expected.json`) as { texts: string[]; ids: number[][] };
const readLogits = (name: string): { ids: number[]; logits: number[][] } =>
  read(`${name}/expected.json`) as { ids: number[]; logits: number[][] };

describe.each(['glm-edge', 'glm-4-chat', 'glm-4-0414', 'llama', 'qwen2', 'qwen3', 'chatglm3'])(
  '%s',
  (name) => {
    it('gives the logits of transformers within 1e-3 in float32', async () => {
      const expected = readLogits(name);
      const model = openModel(join(goldens, name));
      if (model.kind !== 'glm') throw new Error(model.kind);
      const { config, modelPath } = await convertGlm(model.source, 'float32', cacheDir, []);
      model.close();
      const decoder = await GlmDecoder.open(modelPath, config, { threads: 1 });
      let worst = 0;
      await decoder.forEachLogits(expected.ids, signal, (position, logits) => {
        expected.logits[position]?.forEach((value, id) => {
          const error = Math.abs(value - (logits[id] as number));
          worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
        });
      });
      await decoder.close();
      expect(worst).toBeLessThan(1e-3);
    });
  },
);

describe('glm-original', () => {
  it("gives the logits of the script's reference, in one run and token by token", async () => {
    const expected = readLogits('glm-original');
    const model = openModel(join(goldens, 'glm-original'));
    if (model.kind !== 'prefix-glm') throw new Error(model.kind);
    const { modelPath } = await convertPrefixGlm(model.source, 'float32', cacheDir);
    model.close();
    const [, , mask, , start] = expected.ids;
    const blank = { masks: [mask as number], start: start as number };
    const step = await openPrefixGlm(modelPath, model.source.config, blank, { threads: 1 });
    let worst = 0;
    const compare = (position: number, logits: Float32Array): void => {
      expected.logits[position]?.forEach((value, id) => {
        const error = Math.abs(value - (logits[id] as number));
        worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
      });
    };
    const decoder = new StepDecoder(step);
    await decoder.forEachLogits(expected.ids, signal, compare);
    expect(worst).toBeLessThan(1e-3);
    // The context at once, then what is written token by token.
    const prompt = step.begin(expected.ids);
    let cache = prompt.emptyCache();
    let past = 0;
    for (const length of [4, 1, 1, 1]) {
      const ids = expected.ids.slice(past, past + length);
      const output = await prompt.run([ids], past, cache, length);
      ids.forEach((_, index) => {
        compare(past + index, output.logits.subarray(index * 32, (index + 1) * 32));
      });
      ({ cache } = output);
      past += length;
    }
    expect(worst).toBeLessThan(1e-3);
    const [row] = await decoder.decode(expected.ids, {
      ...greedy,
      maxTokens: 3,
      temperatures: [0],
    });
    const last = expected.logits.at(-1) as number[];
    expect(row?.ids[0]).toBe(last.indexOf(Math.max(...last)));
    expect(row?.ids).toHaveLength(3);
    await decoder.close();
  });
});

describe('hubTokenizer', () => {
  it('gives the ids of the tokenizers library, control tokens in text spelled out', () => {
    const { texts, ids } = readTexts('tokenizer');
    const tokenizer = hubTokenizer(join(goldens, 'tokenizer'), {});
    texts.forEach((text, index) => {
      expect(tokenizer.encode(text)).toEqual(ids[index]);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    });
    const end = tokenizer.specialId('<|endoftext|>') as number;
    expect(tokenizer.encode('a <|endoftext|>')).not.toContain(end);
    expect(tokenizer.encodeParts([{ text: 'a<|endoftext|>', plain: false }]).at(-1)).toBe(end);
    expect(tokenizer.stopIds).toEqual([end]);
  });

  it('gives the ids of the sentencepiece library, bytes where there is no piece', () => {
    const { texts, ids } = readTexts('sentencepiece');
    const folder = join(goldens, 'sentencepiece');
    const tokenizer = hubTokenizer(folder, { model_type: 'chatglm', _name_or_path: 'chatglm3' });
    texts.forEach((text, index) => {
      expect(tokenizer.encode(text)).toEqual(ids[index]);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    });
    // ChatGLM's own frame: the mask and the start of a piece, then roles.
    const parts = promptParts(
      { kind: 'chat', messages: [{ role: 'user', content: 'two <|user|>' }] },
      tokenizer,
    );
    const framed = tokenizer.encodeParts(parts);
    const special = (name: string): number => tokenizer.specialId(name) as number;
    expect(framed.slice(0, 3)).toEqual([special('[gMASK]'), special('sop'), special('<|user|>')]);
    expect(framed.at(-1)).toBe(special('<|assistant|>'));
    expect(framed.filter((id) => id === special('<|user|>'))).toHaveLength(1);
    expect(tokenizer.stopIds).toContain(special('<|observation|>'));
  });
});
