/**
 * Which content can become a document, by its declared type or, where none (or a meaningless one) is
 * declared, by its first bytes (after the WHATWG MIME sniffing standard, as far as we need it).
 */
export type ContentVerdict = 'readable' | 'unreadable' | 'sniff';

const READABLE = new Set([
  'text/html',
  'application/xhtml+xml',
  'text/plain',
  'text/markdown',
  'text/x-markdown',
  'application/markdown',
  'text/xml',
  'application/xml',
  'application/json',
  'text/json',
  'text/x-json',
  'text/csv',
  'text/tab-separated-values',
  'text/x-rst',
  'text/asciidoc',
  'text/org',
  'application/pdf',
  'application/x-pdf',
]);
const MEANINGLESS = new Set([
  '',
  'application/octet-stream',
  'binary/octet-stream',
  'unknown/unknown',
  'application/unknown',
  '*/*',
  'application/x-download',
  'application/force-download',
]);

/** The verdict on a `Content-Type` header. */
export function contentVerdict(contentType: string | undefined): ContentVerdict {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (MEANINGLESS.has(type) || !type.includes('/')) return 'sniff';
  if (READABLE.has(type)) return 'readable';
  if (type.startsWith('image/') || type.startsWith('font/')) return 'unreadable';
  return type.endsWith('+xml') || type.endsWith('+json') ? 'readable' : 'unreadable';
}

/** Do these first bytes look like text or a PDF? */
export function looksReadable(start: Uint8Array): boolean {
  if (start.length === 0) return true;
  const head = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, 1_024));
  if (head.includes('%PDF-')) return true;
  const [first, second] = head;
  // UTF-16 with a byte order mark is text although it is full of zeros.
  if ((first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe)) return true;
  return !head.some(
    (byte) => byte < 0x09 || byte === 0x0b || (byte > 0x0d && byte < 0x20 && byte !== 0x1b),
  );
}
