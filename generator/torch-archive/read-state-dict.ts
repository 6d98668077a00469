/**
 * Reads the pickle that torch writes for a dictionary of tensors, without executing anything: a small
 * machine for the few opcodes that such files use, and for the few names they call. Anything else,
 * and so every pickle that would run code, is refused.
 */

/** A tensor as the pickle describes it: a window on a storage. Numbers are in values, not bytes. */
export interface PickledTensor {
  readonly storage: PickledStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

interface PickledStorage {
  /** `FloatStorage`, `HalfStorage`, `BFloat16Storage`, … */
  readonly type: string;
  /** Name of the archive's member under `data/`. */
  readonly key: string;
  readonly values: number;
}

interface Callable {
  readonly global: string;
}

/** A tuple, list, dictionary, text, number, … of the pickle. */
type Value =
  | number
  | string
  | boolean
  | null
  | Value[]
  | Map<Value, Value>
  | { readonly tensor: PickledTensor }
  | { readonly storage: PickledStorage }
  | Callable;

const mark = Symbol('mark');
const mostItems = 2_000_000;
const storageName = /^torch [A-Za-z0-9]{1,20}Storage$/u;
const knownGlobals = new Set([
  'collections OrderedDict',
  'torch._utils _rebuild_tensor_v2',
  'torch._utils _rebuild_parameter',
]);

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 8 && value.every(isCount);
const isStorage = (value: unknown): value is { readonly storage: PickledStorage } =>
  typeof value === 'object' && value !== null && 'storage' in value;
const isTensor = (value: unknown): value is { readonly tensor: PickledTensor } =>
  typeof value === 'object' && value !== null && 'tensor' in value;

class PickleMachine {
  readonly #bytes: Buffer;
  readonly #stack: (Value | typeof mark)[] = [];
  readonly #memo = new Map<number, Value>();
  #at = 0;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Value {
    for (;;) {
      const opcode = this.#take(1)[0] as number;
      if (opcode === 0x2e) return this.#pop();
      this.#step(opcode);
    }
  }

  #take(count: number): Buffer {
    if (count > this.#bytes.length - this.#at) throw new Error('it ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > 200) throw new Error('a name does not end');
    const text = this.#take(end - this.#at).toString('utf8');
    this.#at += 1;
    return text;
  }

  #push(value: Value | typeof mark): void {
    this.#items += 1;
    if (this.#items > mostItems) throw new Error('it has too many values');
    this.#stack.push(value);
  }

  #pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw new Error('its stack is empty');
    return value;
  }

  #top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined || value === mark) throw new Error('its stack is empty');
    return value;
  }

  /** The values above the last mark. */
  #popMark(): Value[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw new Error('a mark is missing');
    const values = this.#stack.splice(at).slice(1);
    return values as Value[];
  }

  #remember(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new Error('it recalls what it never kept');
    this.#push(value);
  }

  #global(module: string, name: string): void {
    const global = `${module} ${name}`;
    if (!knownGlobals.has(global) && !storageName.test(global)) {
      throw new Error(`it calls ${global.slice(0, 80)}, which is not allowed`);
    }
    this.#push({ global });
  }

  #tuple(count: number): void {
    const values = Array.from({ length: count }, () => this.#pop());
    this.#push(values.toReversed());
  }

  #setItems(pairs: readonly Value[]): void {
    const target = this.#top();
    if (!(target instanceof Map) || pairs.length % 2 !== 0)
      throw new Error('an entry has no place');
    for (let index = 0; index < pairs.length; index += 2) {
      target.set(pairs[index] as Value, pairs[index + 1] as Value);
    }
  }

  #append(values: readonly Value[]): void {
    const target = this.#top();
    if (!Array.isArray(target)) throw new Error('an item has no list');
    for (const value of values) target.push(value);
  }

  #step(opcode: number): void {
    switch (String.fromCharCode(opcode)) {
      case '\u0080': // PROTO
        if ((this.#take(1)[0] as number) > 5) throw new Error('its protocol is unknown');
        return;
      case '\u0095': // FRAME
        this.#take(8);
        return;
      case '(':
        this.#push(mark);
        return;
      case 'c':
        this.#global(this.#line(), this.#line());
        return;
      case '\u0093': {
        // STACK_GLOBAL
        const name = this.#pop();
        const module = this.#pop();
        if (typeof name !== 'string' || typeof module !== 'string') throw new Error('an odd name');
        this.#global(module, name);
        return;
      }
      case 'X':
        this.#push(this.#take(this.#take(4).readUInt32LE()).toString('utf8'));
        return;
      case '\u008c': // SHORT_BINUNICODE
        this.#push(this.#take(this.#take(1)[0] as number).toString('utf8'));
        return;
      case 'J':
        this.#push(this.#take(4).readInt32LE());
        return;
      case 'K':
        this.#push(this.#take(1)[0] as number);
        return;
      case 'M':
        this.#push(this.#take(2).readUInt16LE());
        return;
      case '\u008a': // LONG1
        this.#push(this.#long(this.#take(this.#take(1)[0] as number)));
        return;
      case 'G':
        this.#push(this.#take(8).readDoubleBE());
        return;
      case 'N':
        this.#push(null);
        return;
      case '\u0088':
        this.#push(true);
        return;
      case '\u0089':
        this.#push(false);
        return;
      case ')':
      case ']':
        this.#push([]);
        return;
      case '}':
        this.#push(new Map());
        return;
      case 't':
        this.#push(this.#popMark());
        return;
      case '\u0085':
      case '\u0086':
      case '\u0087':
        this.#tuple(opcode - 0x84);
        return;
      case 'a':
        this.#append([this.#pop()]);
        return;
      case 'e':
        this.#append(this.#popMark());
        return;
      case 's': {
        const value = this.#pop();
        this.#setItems([this.#pop(), value]);
        return;
      }
      case 'u':
        this.#setItems(this.#popMark());
        return;
      case 'q':
        this.#remember(this.#take(1)[0] as number);
        return;
      case 'r':
        this.#remember(this.#take(4).readUInt32LE());
        return;
      case '\u0094': // MEMOIZE
        this.#remember(this.#memo.size);
        return;
      case 'h':
        this.#recall(this.#take(1)[0] as number);
        return;
      case 'j':
        this.#recall(this.#take(4).readUInt32LE());
        return;
      case 'Q':
        this.#push({ storage: readStorage(this.#pop()) });
        return;
      case 'R': {
        const args = this.#pop();
        this.#push(call(this.#pop(), args));
        return;
      }
      case 'b': // BUILD: the attributes of a dictionary (its metadata), which are no weights
        this.#pop();
        if (!(this.#top() instanceof Map)) throw new Error('it sets the state of an object');
        return;
      default:
        throw new Error(`its opcode 0x${opcode.toString(16)} is not allowed`);
    }
  }

  #long(bytes: Buffer): number {
    let value = 0n;
    for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
    const signed = BigInt.asIntN(Math.max(1, bytes.length * 8), value);
    const number = Number(signed);
    if (!Number.isSafeInteger(number)) throw new Error('a number is too large');
    return number;
  }
}

/** `('storage', type, key, location, count)`, torch's name for the bytes of a tensor. */
function readStorage(value: Value): PickledStorage {
  if (!Array.isArray(value)) throw new Error('a storage is not described');
  const [kind, type, key, , values] = value;
  const named = typeof type === 'object' && type !== null && 'global' in type ? type.global : '';
  if (
    kind !== 'storage' ||
    !storageName.test(named) ||
    typeof key !== 'string' ||
    !isCount(values)
  ) {
    throw new Error('a storage is not described as torch does it');
  }
  return { type: named.slice('torch '.length), key, values };
}

/** What the known names give; nothing of it runs code of the file. */
function call(target: Value, args: Value): Value {
  const name =
    typeof target === 'object' && target !== null && 'global' in target ? target.global : '';
  if (!Array.isArray(args)) throw new Error('a call has no arguments');
  switch (name) {
    case 'collections OrderedDict':
      if (args.length > 0) throw new Error('a dictionary is made in an unknown way');
      return new Map();
    case 'torch._utils _rebuild_parameter':
      if (!isTensor(args[0])) throw new Error('a parameter is no tensor');
      return args[0];
    case 'torch._utils _rebuild_tensor_v2': {
      const [storage, offset, shape, strides] = args;
      const usable =
        isStorage(storage) &&
        isCount(offset) &&
        isCounts(shape) &&
        isCounts(strides) &&
        shape.length === strides.length;
      if (!usable) throw new Error('a tensor is not described as torch does it');
      return { tensor: { storage: storage.storage, offset, shape, strides } };
    }
    default:
      throw new Error('it calls something that is not a function of torch');
  }
}

/**
 * The tensors of a pickled state dictionary by name; other entries are passed over. A dictionary
 * under `state_dict`, `module` or `model` is looked into.
 * @throws Error saying what is not allowed or damaged
 */
export function readStateDict(pickle: Uint8Array): ReadonlyMap<string, PickledTensor> {
  let root = new PickleMachine(pickle).run();
  for (const name of ['state_dict', 'module', 'model']) {
    const inner = root instanceof Map ? root.get(name) : undefined;
    if (inner instanceof Map) root = inner;
  }
  if (!(root instanceof Map)) throw new Error('it holds no dictionary of tensors');
  const tensors = new Map<string, PickledTensor>();
  for (const [name, value] of root) {
    if (typeof name === 'string' && isTensor(value)) tensors.set(name, value.tensor);
  }
  return tensors;
}
