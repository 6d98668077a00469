import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel, graph, int, OnnxGraph } from './onnx-graph.ts';

describe('encodeModel', () => {
  it('makes a model that onnxruntime runs', async () => {
    const main = new OnnxGraph('main');
    const x = main.input('x', 'float', ['n', 2]);
    const weights = main.constant('w', 'float', [2, 2], Float32Array.of(1, 2, 3, 4));
    const product = main.op('MatMul', [x, weights]);
    main.node('Concat', [product, x], { outputs: ['y'], attributes: { axis: int(-1) } });
    main.output('y', 'float', ['n', 4]);
    const session = await ort.InferenceSession.create(encodeModel(main));
    const { y } = await session.run({ x: new ort.Tensor('float32', [1, 1, 0, 2], [2, 2]) });
    expect([...(y!.data as Float32Array)]).toEqual([4, 6, 1, 1, 6, 8, 0, 2]);
  });

  it('reads external data and runs a loop', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'footnote-onnx-'));
    writeFileSync(join(folder, 'weights.bin'), new Uint8Array(Float32Array.of(9, 9, 2, 3).buffer));
    const body = new OnnxGraph('body');
    body.input('i', 'int64', []);
    body.input('going', 'bool', []);
    body.input('sum', 'float', [2]);
    const more = body.op('Identity', ['going']);
    const next = body.op('Add', ['sum', 'w']);
    body.output(more, 'bool', []);
    body.output(next, 'float', [2]);
    const main = new OnnxGraph('main');
    main.input('x', 'float', [2]);
    main.external('w', 'float', [2], { location: 'weights.bin', offset: 8, length: 8 });
    main.node('Loop', [main.int64(3), main.constant('yes', 'bool', [], Uint8Array.of(1)), 'x'], {
      outputs: ['y'],
      attributes: { body: graph(body) },
    });
    main.output('y', 'float', [2]);
    const path = join(folder, 'model.onnx');
    writeFileSync(path, encodeModel(main));
    const session = await ort.InferenceSession.create(path);
    const { y } = await session.run({ x: new ort.Tensor('float32', [0, 1], [2]) });
    expect([...(y!.data as Float32Array)]).toEqual([6, 10]);
  });
});
