/**
 * Bytes to text: byte order mark, HTTP header, declaration in the first bytes (meta, XML), then
 * detection. Follows the WHATWG HTML standard, "determining the character encoding", with one
 * deliberate difference: bytes that are valid UTF-8 with multi-byte characters are UTF-8, whatever
 * the page claims, and a page that claims UTF-8 but is not gets detected. Decoding is iconv-lite's;
 * `TextDecoder('windows-1252')` is wrong on Node 20 (0x80).
 */
import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import jschardet from 'jschardet';

export interface DecodedText {
  readonly text: string;
  /** Canonical WHATWG name, lower case. */
  readonly encoding: string;
  readonly source: 'bom' | 'header' | 'declared' | 'utf8-valid' | 'detected' | 'fallback';
}

/** The standard asks for 1,024; declarations stand further down in many real pages. */
const PRESCAN_BYTES = 16_384;
const SAMPLE_BYTES = 24_000;

/** Canonical WHATWG encoding name of a label, or null when there is none (`iso-8859-1` → `windows-1252`). */
function resolveEncodingLabel(label: string): string | null {
  const trimmed = label.trim().toLowerCase();
  if (trimmed === '') return null;
  if (trimmed === 'x-user-defined') return trimmed;
  try {
    return new TextDecoder(trimmed).encoding.toLowerCase();
  } catch {
    return null;
  }
}

/** What iconv-lite calls a WHATWG encoding, where the names differ. */
const ICONV_NAMES: Readonly<Record<string, string>> = {
  gbk: 'gb18030',
  'euc-kr': 'cp949',
  big5: 'big5hkscs',
  'iso-8859-8-i': 'iso-8859-8',
  'x-mac-cyrillic': 'maccyrillic',
  'x-user-defined': 'windows-1252',
};

function charsetOfHeader(contentType: string | null): string | null {
  const match = /charset\s*=[\s"']*([\w.:-]+)/iu.exec(contentType ?? '');
  return match?.[1] === undefined ? null : resolveEncodingLabel(match[1]);
}

function byteOrderMark(bytes: Uint8Array): { encoding: string; length: number } | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return { encoding: 'utf-8', length: 3 };
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  return null;
}

/** The standard's "extracting a character encoding from a meta element" (from its content attribute). */
function charsetOfContent(content: string): string | null {
  const pattern = /charset[\t\n\f\r ]*=[\t\n\f\r ]*/giu;
  const match = pattern.exec(content);
  if (match === null) return null;
  const rest = content.slice(match.index + match[0].length);
  const quote = rest[0];
  if (quote === '"' || quote === "'") {
    const end = rest.indexOf(quote, 1);
    return end < 0 ? null : resolveEncodingLabel(rest.slice(1, end));
  }
  return resolveEncodingLabel(/^[^\t\n\f\r ;]*/u.exec(rest)?.[0] ?? '');
}

const ATTRIBUTE =
  /[\t\n\f\r /]*(?:([^\t\n\f\r />=][^\t\n\f\r />=]*|=[^\t\n\f\r />=]*)(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >"'][^\t\n\f\r >]*)?))?|(>))/uy;

/** Reads attributes from `from`; returns null for `end` when the data stops inside the tag. */
function readAttributes(
  head: string,
  from: number,
): { readonly attributes: Map<string, string>; readonly end: number | null } {
  const attributes = new Map<string, string>();
  let position = from;
  for (;;) {
    ATTRIBUTE.lastIndex = position;
    const match = ATTRIBUTE.exec(head);
    if (match === null || match[0] === '') return { attributes, end: null };
    position = ATTRIBUTE.lastIndex;
    if (match[5] !== undefined) return { attributes, end: position };
    const name = (match[1] ?? '').toLowerCase();
    if (!attributes.has(name)) {
      attributes.set(name, (match[2] ?? match[3] ?? match[4] ?? '').toLowerCase());
    }
  }
}

function charsetOfMeta(attributes: ReadonlyMap<string, string>): string | null {
  const charset = attributes.get('charset');
  let encoding: string | null = null;
  if (charset !== undefined) encoding = resolveEncodingLabel(charset);
  else if (attributes.get('http-equiv') === 'content-type') {
    encoding = charsetOfContent(attributes.get('content') ?? '');
  }
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return 'utf-8';
  return encoding === 'x-user-defined' ? 'windows-1252' : encoding;
}

/**
 * The standard's "prescan a byte stream": the encoding a page declares in its first 16 kB by a
 * meta element or an XML declaration, or null.
 */
export function prescanEncoding(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .subarray(0, PRESCAN_BYTES)
    .toString('latin1');
  if (head.startsWith('<\0?\0x\0')) return 'utf-16le';
  if (head.startsWith('\0<\0?\0x')) return 'utf-16be';
  let position = 0;
  while ((position = head.indexOf('<', position)) >= 0) {
    if (head.startsWith('<!--', position)) {
      const end = head.indexOf('-->', position + 2);
      if (end < 0) break;
      position = end + 3;
      continue;
    }
    if (/^<meta[\t\n\f\r /]/iu.test(head.slice(position, position + 6))) {
      const { attributes, end } = readAttributes(head, position + 5);
      if (end === null) break;
      const encoding = charsetOfMeta(attributes);
      if (encoding !== null) return encoding;
      position = end;
      continue;
    }
    const tag = /^<\/?[a-z][^\t\n\f\r >/]*/iu.exec(head.slice(position, position + 200));
    if (tag !== null) {
      const { end } = readAttributes(head, position + tag[0].length);
      if (end === null) break;
      position = end;
    } else if (/^<[!/?]/u.test(head.slice(position, position + 2))) {
      const end = head.indexOf('>', position);
      if (end < 0) break;
      position = end + 1;
    } else position += 1;
  }
  const xml = /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/iu.exec(head.trimStart());
  const encoding = xml?.[1] === undefined ? null : resolveEncodingLabel(xml[1]);
  return encoding === 'utf-16le' || encoding === 'utf-16be' ? 'utf-8' : encoding;
}

/** True when the bytes are UTF-8 but for a character cut off at the very end of a capped body. */
function isUtf8Prefix(bytes: Uint8Array): boolean {
  if (isUtf8(bytes)) return true;
  if (bytes.length < 10_000) return false;
  for (let cut = 1; cut <= 3 && cut < bytes.length; cut += 1) {
    const lead = bytes[bytes.length - cut] ?? 0;
    if (lead >= 0xc0) return isUtf8(bytes.subarray(0, bytes.length - cut));
  }
  return false;
}

function hasNonAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte >= 0x80) return true;
  return false;
}

/** A sample of the bytes that matter: runs with non-ASCII bytes, at most `SAMPLE_BYTES`. */
function sampleOf(bytes: Uint8Array): Buffer {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.length <= SAMPLE_BYTES) return all;
  const parts: Buffer[] = [];
  let size = 0;
  for (let index = 0; index < all.length && size < SAMPLE_BYTES; index += 1) {
    if ((all[index] ?? 0) < 0x80) continue;
    const part = all.subarray(index, index + 400);
    parts.push(part);
    size += part.length;
    index += part.length;
  }
  return Buffer.concat(parts);
}

function detectEncoding(bytes: Uint8Array): string | null {
  const found = jschardet.detect(sampleOf(bytes));
  if (found.encoding === null || found.confidence < 0.5) return null;
  const encoding = resolveEncodingLabel(found.encoding);
  return encoding === 'utf-8' ? null : encoding;
}

function decodeAs(bytes: Uint8Array, encoding: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (encoding === 'utf-8') return buffer.toString('utf8');
  const name = ICONV_NAMES[encoding] ?? encoding;
  if (!iconv.encodingExists(name)) return iconv.decode(buffer, 'windows-1252');
  return iconv.decode(buffer, name, { stripBOM: true });
}

/**
 * Decodes the bytes of a page. Never throws: bytes that fit nothing become U+FFFD.
 * @param contentType the `Content-Type` header, or null
 * @param prescan whether to look for a declaration inside (HTML and XML), default true
 */
export function decodeText(
  bytes: Uint8Array,
  contentType: string | null,
  prescan = true,
): DecodedText {
  const mark = byteOrderMark(bytes);
  if (mark !== null) {
    return {
      text: decodeAs(bytes.subarray(mark.length), mark.encoding),
      encoding: mark.encoding,
      source: 'bom',
    };
  }
  const header = charsetOfHeader(contentType);
  const declared = header ?? (prescan ? prescanEncoding(bytes) : null);
  const source = header === null ? 'declared' : 'header';
  const wide = declared?.startsWith('utf-16') === true;
  if (!wide && declared !== 'iso-2022-jp' && isUtf8Prefix(bytes)) {
    if (declared === null || declared === 'utf-8' || hasNonAscii(bytes)) {
      const said = declared === 'utf-8' ? source : 'utf8-valid';
      return { text: decodeAs(bytes, 'utf-8'), encoding: 'utf-8', source: said };
    }
  }
  if (declared === 'utf-8') {
    // Mostly UTF-8 with a few broken bytes (a cut quotation, a bad advert) stays UTF-8.
    const text = decodeAs(bytes, 'utf-8');
    const broken = text.split('\uFFFD').length - 1;
    const wideChars = text.match(/[^\0-\u007F\uFFFD]/gu)?.length ?? 0;
    if (broken <= Math.max(2, wideChars * 0.1)) return { text, encoding: 'utf-8', source };
  } else if (declared === 'windows-1252' && header !== null && prescan) {
    // Most often a server's default. The standard has the header win; but where the page itself names
    // another charset and its bytes fit that one, a reader sees words only with that one.
    const own = prescanEncoding(bytes);
    const text = own === null || own === declared ? null : decodeAs(bytes, own);
    if (own !== null && text?.includes('\uFFFD') === false) {
      return { text, encoding: own, source: 'declared' };
    }
    return { text: decodeAs(bytes, declared), encoding: declared, source };
  } else if (declared !== null) {
    return { text: decodeAs(bytes, declared), encoding: declared, source };
  }
  const detected = detectEncoding(bytes);
  const encoding = detected ?? 'windows-1252';
  return {
    text: decodeAs(bytes, encoding),
    encoding,
    source: detected === null ? 'fallback' : 'detected',
  };
}
