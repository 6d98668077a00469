import { BinaryFile } from '../../src/runtime/binary-file.ts';

/**
 * The object of a JSON file of at most `mostBytes` bytes.
 * @throws FootnoteError `model-missing` (no such file), `model-invalid` (too long, or no JSON object)
 */
export function readJsonFile(path: string, mostBytes: number): Readonly<Record<string, unknown>> {
  const file = new BinaryFile(path);
  try {
    if (file.size > mostBytes) throw file.invalid(`${file.size} bytes are too many`);
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder('utf-8').decode(file.read(0, file.size)));
    } catch (error) {
      throw file.invalid(`it is not JSON: ${(error as Error).message.slice(0, 100)}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw file.invalid('it is not a JSON object');
    }
    return value as Readonly<Record<string, unknown>>;
  } finally {
    file.close();
  }
}
