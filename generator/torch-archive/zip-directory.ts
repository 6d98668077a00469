/**
 * The members of a zip archive that are stored without compression, as torch writes them (PKWARE's
 * application note, zip64 included): where each one's bytes stand in the file.
 */
import type { BinaryFile } from '../../src/runtime/binary-file.ts';

export interface ZipMember {
  /** From the start of the file, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

const mostMembers = 200_000;
const longestDirectory = 64 * 1024 * 1024;
const endLength = 22;
const longestComment = 65_535;
/** Where a 32-bit field says this, the number stands in the zip64 field. */
const elsewhere = 0xff_ff_ff_ff;

/**
 * @throws FootnoteError `model-invalid` for a damaged archive, compressed or encrypted members, or
 *   places outside the file
 */
export function readZipDirectory(file: BinaryFile): ReadonlyMap<string, ZipMember> {
  const { at, length, count } = findDirectory(file);
  if (count > mostMembers || length > longestDirectory) {
    throw file.invalid(`an archive with ${count} members is too large`);
  }
  const directory = Buffer.from(file.read(at, length));
  const members = new Map<string, ZipMember>();
  let position = 0;
  for (let index = 0; index < count; index += 1) {
    if (position + 46 > length || directory.readUInt32LE(position) !== 0x02_01_4b_50) {
      throw file.invalid("the archive's directory is damaged");
    }
    const nameEnd = position + 46 + directory.readUInt16LE(position + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(position + 30);
    const end = extraEnd + directory.readUInt16LE(position + 32);
    if (end > length) throw file.invalid("the archive's directory is damaged");
    const name = directory.toString('utf8', position + 46, nameEnd);
    const wide = wideFields(directory.subarray(nameEnd, extraEnd), [
      directory.readUInt32LE(position + 24),
      directory.readUInt32LE(position + 20),
      directory.readUInt32LE(position + 42),
    ]);
    if (wide === null) throw file.invalid("the archive's directory is damaged");
    const [bytes, stored, headerAt] = wide;
    const encrypted = (directory.readUInt16LE(position + 8) & 1) !== 0;
    if (directory.readUInt16LE(position + 10) !== 0 || encrypted || bytes !== stored) {
      throw file.invalid(`${name.slice(0, 100)} is compressed: torch stores its members plainly`);
    }
    if (members.has(name)) throw file.invalid(`${name.slice(0, 100)} stands twice`);
    members.set(name, { offset: dataOffset(file, headerAt, bytes), bytes });
    position = end;
  }
  return members;
}

/** Where the central directory stands, by the record at the file's end. */
function findDirectory(file: BinaryFile): { at: number; length: number; count: number } {
  const tailLength = Math.min(file.size, endLength + longestComment);
  const tail = Buffer.from(file.read(file.size - tailLength, tailLength));
  let end = tailLength - endLength;
  while (end >= 0 && tail.readUInt32LE(end) !== 0x06_05_4b_50) end -= 1;
  if (end < 0) throw file.invalid("it is no zip archive (truncated, or old torch's format)");
  let count = tail.readUInt16LE(end + 10);
  let length = tail.readUInt32LE(end + 12);
  let at = tail.readUInt32LE(end + 16);
  const locator = end - 20;
  if (locator >= 0 && tail.readUInt32LE(locator) === 0x07_06_4b_50) {
    const record = Buffer.from(file.read(whole(tail.readBigUInt64LE(locator + 8)), 56));
    if (record.readUInt32LE(0) !== 0x06_06_4b_50) throw file.invalid('its zip64 record is damaged');
    count = whole(record.readBigUInt64LE(32));
    length = whole(record.readBigUInt64LE(40));
    at = whole(record.readBigUInt64LE(48));
  }
  if (at + length > file.size) throw file.invalid("the archive's directory is damaged");
  return { at, length, count };
}

/** A 64-bit number as a safe one; what is larger becomes one that no file is as long as. */
const whole = (value: bigint): number =>
  value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);

/** Size, stored size and place, where need be from the zip64 field (in this order); null: damaged. */
function wideFields(
  extra: Buffer,
  narrow: readonly [number, number, number],
): readonly [number, number, number] | null {
  if (!narrow.includes(elsewhere)) return narrow;
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) return null;
    if (extra.readUInt16LE(at) === 1) {
      let from = at + 4;
      const wide = (value: number): number => {
        if (value !== elsewhere) return value;
        if (from + 8 > end) return Number.MAX_SAFE_INTEGER;
        from += 8;
        return whole(extra.readBigUInt64LE(from - 8));
      };
      return [wide(narrow[0]), wide(narrow[1]), wide(narrow[2])];
    }
    at = end;
  }
  return null;
}

/** The first byte of a member's data, behind its local header. */
function dataOffset(file: BinaryFile, headerAt: number, bytes: number): number {
  const header = Buffer.from(file.read(headerAt, 30));
  if (header.readUInt32LE(0) !== 0x04_03_4b_50) {
    throw file.invalid('a member is not where its directory says');
  }
  const offset = headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (offset + bytes > file.size) throw file.invalid('a member reaches past the end (truncated?)');
  return offset;
}
