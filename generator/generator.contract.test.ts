import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { weights } from '../test/weights.ts';
import { LocalGenerator } from './local-generator.ts';
import { RemoteGenerator } from './remote/remote-generator.ts';
import { describeGenerator } from './testing/generator.contract.ts';
import { findLlamaServer, startLlamaServer } from './testing/llama-server.ts';
import { LoopbackModelServer } from './testing/loopback-model-server.ts';
import { writeTinyModel } from './tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-contract-'));
const { signal } = new AbortController();
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describeGenerator({
  name: 'the local generator, a small made model',
  slow: { maxTokens: 160, drafts: 16 },
  seeded: true,
  open: () => {
    const weightsPath = join(folder, 'tiny.gguf');
    writeTinyModel(weightsPath, 'chatglm');
    return LocalGenerator.open({
      weightsPath,
      model: 'tiny',
      cacheDir: join(folder, 'cache'),
      threads: 1,
      device: 'cpu',
      signal,
    });
  },
});

for (const ignoresN of [false, true]) {
  describeGenerator({
    name: `a server elsewhere ${ignoresN ? 'without' : 'with'} n`,
    slow: { maxTokens: 400, drafts: 1 },
    seeded: true,
    open: async () => {
      const server = await LoopbackModelServer.start();
      server.faults = { delayMs: 5, ignoresN };
      const generator = await RemoteGenerator.open({ url: server.url, signal });
      return Object.assign(generator, {
        close: async () => {
          await RemoteGenerator.prototype.close.call(generator);
          await server.close();
        },
      });
    },
  });
}

const python = findLlamaServer();
const smollm2 = weights('smollm2-135m');
if (python === null || smollm2 === null) {
  describe.skip('the generator seam: llama-server (needs xllamacpp and smollm2-135m)', () => {
    it('is not here', () => undefined);
  });
} else {
  describeGenerator({
    name: 'llama-server of llama.cpp, smollm2-135m',
    slow: { maxTokens: 800, drafts: 2 },
    // Two drafts of one request may share a slot's random numbers with what ran before.
    seeded: false,
    open: async () => {
      const server = await startLlamaServer(python, smollm2);
      const generator = await RemoteGenerator.open({ url: server.url, signal });
      return Object.assign(generator, {
        close: async () => {
          await RemoteGenerator.prototype.close.call(generator);
          await server.close();
        },
      });
    },
  });
}
