/**
 * Writes ONNX models (the protobuf of onnx.proto3, IR version 10) without a code generator: the few
 * messages needed, in a fluent builder. Field numbers are those of the ONNX specification.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

const ONNX_TYPE = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;
export type OnnxType = keyof typeof ONNX_TYPE;

/** An attribute of one of the kinds that our graphs need. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'graph'; readonly value: OnnxGraph };

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const string = (value: string): Attribute => ({ kind: 'string', value });
export const graph = (value: OnnxGraph): Attribute => ({ kind: 'graph', value });

/** Where an external tensor's bytes stand: a file beside the model, an offset and a length in bytes. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
  /**
   * The same tensor as a kernel of onnxruntime lays it out, in the same file: onnxruntime's own record of
   * it, which holds a key (operator and hash of the bytes) and the spans of the file.
   */
  readonly prepacked?: string | undefined;
}

const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, graph: 5 } as const;

/** One graph: nodes in topological order, initializers, typed inputs and outputs. */
export class OnnxGraph {
  readonly #name: string;
  readonly #nodes: Uint8Array[] = [];
  readonly #initializers: Uint8Array[] = [];
  readonly #inputs: Uint8Array[] = [];
  readonly #outputs: Uint8Array[] = [];
  #fresh = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Adds a node and returns the names of its outputs.
   * @param outputs names, or how many fresh names to make (default 1); an empty name leaves one out
   */
  node(
    opType: string,
    inputs: readonly string[],
    options: {
      readonly outputs?: readonly string[] | number;
      readonly attributes?: Readonly<Record<string, Attribute>>;
      /** `com.microsoft` for onnxruntime's contrib operators. */
      readonly domain?: string;
    } = {},
  ): string[] {
    const wanted = options.outputs ?? 1;
    const outputs =
      typeof wanted === 'number'
        ? Array.from({ length: wanted }, () => this.fresh(opType))
        : [...wanted];
    const writer = new BinaryWriter();
    for (const input of inputs) writer.tag(1, WireType.LengthDelimited).string(input);
    for (const output of outputs) writer.tag(2, WireType.LengthDelimited).string(output);
    writer.tag(3, WireType.LengthDelimited).string(`${opType}_${this.#nodes.length}`);
    writer.tag(4, WireType.LengthDelimited).string(opType);
    for (const [name, attribute] of Object.entries(options.attributes ?? {})) {
      writer.tag(5, WireType.LengthDelimited).bytes(encodeAttribute(name, attribute));
    }
    if (options.domain !== undefined)
      writer.tag(7, WireType.LengthDelimited).string(options.domain);
    this.#nodes.push(writer.finish());
    return outputs;
  }

  /** `node` for the common case of one output. */
  op(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): string {
    const [output] = this.node(opType, inputs, {
      attributes,
      ...(domain === undefined ? {} : { domain }),
    });
    return output as string;
  }

  /** A name not used before in this graph (nor, by prefix, in graphs of another name). */
  fresh(hint: string): string {
    this.#fresh += 1;
    return `${this.#name}/${hint}_${this.#fresh}`;
  }

  /** A constant held in the model file. `data` is the raw little-endian bytes of the values. */
  constant(name: string, type: OnnxType, dims: readonly number[], data: ArrayBufferView): string {
    this.#initializers.push(
      encodeTensor(name, type, dims, {
        raw: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      }),
    );
    return name;
  }

  /** A constant whose bytes stand in another file and are memory-mapped by onnxruntime. */
  external(name: string, type: OnnxType, dims: readonly number[], data: ExternalData): string {
    this.#initializers.push(encodeTensor(name, type, dims, { external: data }));
    return name;
  }

  /** Shorthand for small int64 constants (shapes, axes). A number gives a scalar. */
  int64(values: readonly number[] | number, name = this.fresh('i64')): string {
    const list = typeof values === 'number' ? [values] : values;
    return this.constant(
      name,
      'int64',
      typeof values === 'number' ? [] : [list.length],
      BigInt64Array.from(list, BigInt),
    );
  }

  /** Shorthand for small float constants. A number gives a scalar. */
  float32(values: readonly number[] | number, name = this.fresh('f32')): string {
    const list = typeof values === 'number' ? [values] : values;
    return this.constant(
      name,
      'float',
      typeof values === 'number' ? [] : [list.length],
      Float32Array.from(list),
    );
  }

  /** Declares an input; string dimensions are symbolic. */
  input(name: string, type: OnnxType, dims: readonly (number | string)[]): string {
    this.#inputs.push(encodeValueInfo(name, type, dims));
    return name;
  }

  output(name: string, type: OnnxType, dims: readonly (number | string)[]): string {
    this.#outputs.push(encodeValueInfo(name, type, dims));
    return name;
  }

  encode(): Uint8Array {
    const writer = new BinaryWriter();
    for (const node of this.#nodes) writer.tag(1, WireType.LengthDelimited).bytes(node);
    writer.tag(2, WireType.LengthDelimited).string(this.#name);
    for (const tensor of this.#initializers) writer.tag(5, WireType.LengthDelimited).bytes(tensor);
    for (const input of this.#inputs) writer.tag(11, WireType.LengthDelimited).bytes(input);
    for (const output of this.#outputs) writer.tag(12, WireType.LengthDelimited).bytes(output);
    return writer.finish();
  }
}

/** The whole ModelProto, ready for `InferenceSession.create` or a `.onnx` file. */
export function encodeModel(main: OnnxGraph, opset = 21): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(10);
  writer.tag(2, WireType.LengthDelimited).string('footnote');
  writer.tag(7, WireType.LengthDelimited).bytes(main.encode());
  for (const [domain, version] of [
    ['', opset],
    ['com.microsoft', 1],
  ] as const) {
    const entry = new BinaryWriter();
    entry.tag(1, WireType.LengthDelimited).string(domain);
    entry.tag(2, WireType.Varint).int64(version);
    writer.tag(8, WireType.LengthDelimited).bytes(entry.finish());
  }
  return writer.finish();
}

function encodeAttribute(name: string, attribute: Attribute): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(name);
  switch (attribute.kind) {
    case 'float':
      writer.tag(2, WireType.Bit32).float(attribute.value);
      break;
    case 'int':
      writer.tag(3, WireType.Varint).int64(attribute.value);
      break;
    case 'string':
      writer.tag(4, WireType.LengthDelimited).string(attribute.value);
      break;
    case 'graph':
      writer.tag(6, WireType.LengthDelimited).bytes(attribute.value.encode());
      break;
  }
  writer.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE[attribute.kind]);
  return writer.finish();
}

function encodeTensor(
  name: string,
  type: OnnxType,
  dims: readonly number[],
  data: { readonly raw: Uint8Array } | { readonly external: ExternalData },
): Uint8Array {
  const writer = new BinaryWriter();
  for (const dim of dims) writer.tag(1, WireType.Varint).int64(dim);
  writer.tag(2, WireType.Varint).int32(ONNX_TYPE[type]);
  writer.tag(8, WireType.LengthDelimited).string(name);
  if ('raw' in data) writer.tag(9, WireType.LengthDelimited).bytes(data.raw);
  else {
    const { location, offset, length, prepacked } = data.external;
    for (const [key, value] of [
      ['location', location],
      ['offset', String(offset)],
      ['length', String(length)],
      ...(prepacked === undefined ? [] : [['prepacked_0', prepacked] as const]),
    ] as const) {
      const entry = new BinaryWriter();
      entry.tag(1, WireType.LengthDelimited).string(key);
      entry.tag(2, WireType.LengthDelimited).string(value);
      writer.tag(13, WireType.LengthDelimited).bytes(entry.finish());
    }
    writer.tag(14, WireType.Varint).int32(1);
  }
  return writer.finish();
}

function encodeValueInfo(
  name: string,
  type: OnnxType,
  dims: readonly (number | string)[],
): Uint8Array {
  const shape = new BinaryWriter();
  for (const dim of dims) {
    const entry = new BinaryWriter();
    if (typeof dim === 'number') entry.tag(1, WireType.Varint).int64(dim);
    else entry.tag(2, WireType.LengthDelimited).string(dim);
    shape.tag(1, WireType.LengthDelimited).bytes(entry.finish());
  }
  const tensor = new BinaryWriter();
  tensor.tag(1, WireType.Varint).int32(ONNX_TYPE[type]);
  tensor.tag(2, WireType.LengthDelimited).bytes(shape.finish());
  const wrapped = new BinaryWriter();
  wrapped.tag(1, WireType.LengthDelimited).bytes(tensor.finish());
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(name);
  writer.tag(2, WireType.LengthDelimited).bytes(wrapped.finish());
  return writer.finish();
}
