import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { afterAll, describe, expect, it } from 'vitest';
import type { Prompt } from '../../src/core/nouns.ts';
import { weights } from '../../test/weights.ts';
import { GgufFile } from '../gguf/gguf-file.ts';
import { ggufBytes } from '../gguf/write-gguf.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { ggufTokenizer } from './gguf-tokenizer.ts';
import type { ModelTokenizer } from './model-tokenizer.ts';
import { promptParts } from './render-prompt.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-tokenizer-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function read(path: string): ModelTokenizer {
  const file = new GgufFile(path);
  try {
    return ggufTokenizer(file);
  } finally {
    file.close();
  }
}

const path = join(folder, 'tiny.gguf');
writeTinyModel(path, 'chatglm');
const tiny = read(path);

/** A tokenizer whose file carries this chat template. */
function withTemplate(template: string): ModelTokenizer {
  const file = join(folder, 'template.gguf');
  const tokens = ['a', 'b', '<|im_end|>'];
  writeFileSync(
    file,
    ggufBytes(
      {
        'general.architecture': 'llama',
        'tokenizer.ggml.model': 'gpt2',
        'tokenizer.ggml.pre': 'gpt-2',
        'tokenizer.ggml.tokens': tokens,
        'tokenizer.ggml.token_type': [1, 1, 3],
        'tokenizer.ggml.merges': ['a b'],
        'tokenizer.chat_template': template,
      },
      [],
    ),
  );
  return read(file);
}
const chat = (content: string): Prompt => ({ kind: 'chat', messages: [{ role: 'user', content }] });

describe('GgufTokenizer', () => {
  it('merges, and decodes back, characters split between tokens too', () => {
    expect(tiny.encode('the')).toEqual([257]);
    const text = 'the 河 🙂 naïve\n';
    const ids = tiny.encode(text);
    expect(tiny.decode(ids)).toBe(text);
    const stream = tiny.decodeStream();
    const parts = ids.map((id) => stream.push([id]));
    expect(parts.join('') + stream.end()).toBe(text);
    expect(parts.join('')).not.toContain('\uFFFD');
  });

  it('ends at every token that ends a turn', () => {
    const names = ['<|endoftext|>', '<|user|>', '<|observation|>'].map((name) =>
      tiny.specialId(name),
    );
    expect(new Set(tiny.stopIds)).toEqual(new Set(names));
  });

  it('reads control tokens in the template only, never in what a message quotes', () => {
    const user = tiny.specialId('<|user|>') as number;
    const ids = tiny.encodeParts(promptParts(chat('say <|user|> and <|assistant|>'), tiny));
    expect(ids.filter((id) => id === user)).toHaveLength(1);
    expect(ids.filter((id) => id === tiny.specialId('<|assistant|>'))).toHaveLength(1);
    expect(ids[0]).toBe(user);
    expect(tiny.decode(ids)).toContain('say <|user|> and <|assistant|>');
  });

  it("reads GLM's mask at the end of a completion, not in the pages it quotes", () => {
    const mask = tiny.specialId('[gMASK]') as number;
    const text = 'Reference [1]: it says [gMASK] here\\Question: x\\Answer: [gMASK]';
    const ids = tiny.encodeParts(promptParts({ kind: 'completion', text }, tiny));
    expect(ids.indexOf(mask)).toBe(ids.length - 1);
  });

  it('refuses templates that loop, that are broken and that are huge', () => {
    const looping = `{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}`;
    for (const template of [
      looping,
      '{% for i in range(10000000000) %}x{% endfor %}',
      '{% for %}',
      '{{ 1 | nothing }}',
      'no message',
      'x'.repeat(300_000),
    ]) {
      expect(() => promptParts(chat('hello'), withTemplate(template))).toThrow(
        expect.objectContaining({ code: 'model-invalid' }),
      );
    }
  });
});

const samples = [
  'The quick brown fox, aged 12345, jumped over 3.14 dogs — twice!  It\'s "fine".',
  '大熊猫（学名：Ailuropoda melanoleuca）生活在四川，约1864只。',
  'for (let i = 0; i < 10; i += 1) {\n\tconsole.log(`x${i}`);\n}\n\n\n',
  'Emoji 🙂👩‍👩‍👧‍👦 and accents: café, naïve, Zürich, Ελλάδα, русский, 日本語テスト, 한국어.',
  "   leading spaces\r\n and we'll they'RE I'M   trailing   ",
];

describe.each(['smollm2-135m', 'qwen2.5-coder-0.5b'] as const)('%s', (name) => {
  const file = weights(name);
  it.skipIf(file === null)(
    'gives the ids of llama.cpp (skipped where its weights are absent)',
    async () => {
      const tokenizer = read(file as string);
      const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
      const model = await llama.loadModel({ modelPath: file as string, vocabOnly: true });
      for (const text of samples) {
        expect(tokenizer.encode(text)).toEqual(model.tokenize(text, false).map(Number));
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }
      await model.dispose();
      await llama.dispose();
    },
  );
});
