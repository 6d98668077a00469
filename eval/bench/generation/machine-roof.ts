/**
 * What this machine allows: how fast it reads memory and multiplies matrices, by onnxruntime's own
 * operators with the threads of the bench. Weights larger than the caches, one row: bandwidth; many rows
 * on small ones: throughput.
 */
import { Tensor } from 'onnxruntime-node';
import { encodeModel, OnnxGraph } from '../../../src/runtime/onnx-graph.ts';
import { openSession } from '../../../src/runtime/onnx-session.ts';

export interface MachineRoof {
  /** Gigabytes (10^9) read a second. */
  readonly bandwidth: number;
  /** Billions of multiplications and additions a second (two for each product). */
  readonly int8: number;
  readonly float32: number;
}

async function best(
  build: (g: OnnxGraph) => void,
  feeds: Readonly<Record<string, Tensor>>,
  threads: number,
  rounds: number,
): Promise<number> {
  const g = new OnnxGraph('roof');
  build(g);
  const session = await openSession(encodeModel(g), { threads });
  let least = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await session.run(feeds);
    least = Math.min(least, performance.now() - start);
  }
  await session.release();
  return least;
}

const random = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(index));

/** Measures for about three seconds. */
export async function measureRoof(threads: number): Promise<MachineRoof> {
  const inputs = 4096;
  const wide = 32_768;
  const bytes = new Int8Array(inputs * wide).fill(3);
  const row = { x: new Tensor('float32', random(inputs), [1, inputs]) };
  const int8Graph =
    (outputs: number, weights: Int8Array) =>
    (g: OnnxGraph): void => {
      g.input('x', 'float', ['M', inputs]);
      g.constant('w', 'int8', [inputs, outputs], weights);
      g.float32(0.01, 'scale');
      g.node('DynamicQuantizeMatMul', ['x', 'w', 'scale'], {
        outputs: ['y'],
        domain: 'com.microsoft',
      });
      g.output('y', 'float', ['M', outputs]);
    };
  const readMs = await best(int8Graph(wide, bytes), row, threads, 12);
  const rows = 512;
  const narrow = 1024;
  const many = { x: new Tensor('float32', random(rows * inputs), [rows, inputs]) };
  const int8Ms = await best(
    int8Graph(narrow, bytes.subarray(0, inputs * narrow)),
    many,
    threads,
    8,
  );
  const floatMs = await best(
    (g) => {
      g.input('x', 'float', ['M', inputs]);
      g.constant('w', 'float', [inputs, narrow], random(inputs * narrow));
      g.node('MatMul', ['x', 'w'], { outputs: ['y'] });
      g.output('y', 'float', ['M', narrow]);
    },
    many,
    threads,
    5,
  );
  const operations = 2 * rows * inputs * narrow;
  return {
    bandwidth: bytes.length / readMs / 1e6,
    int8: operations / int8Ms / 1e6,
    float32: operations / floatMs / 1e6,
  };
}
