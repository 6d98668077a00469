export type ContentKind = 'html' | 'xml' | 'pdf' | 'markdown' | 'json' | 'text' | 'unsupported';

/** Does the start of the bytes look like text? NULs do not, except in UTF-16. */
function looksBinary(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 1_000);
  const utf16 = (head[0] === 0xfe && head[1] === 0xff) || (head[0] === 0xff && head[1] === 0xfe);
  if (utf16) return false;
  let odd = 0;
  for (const byte of head)
    if (byte === 0 || (byte < 9 && byte > 0) || (byte > 13 && byte < 27)) odd += 1;
  return odd > head.length * 0.1;
}

/**
 * What a page is: by its media type, corrected by what the bytes and the URL show (a PDF sent as
 * octet-stream, HTML sent as text/plain, Markdown by its file name).
 */
export function contentKind(
  bytes: Uint8Array,
  contentType: string | null,
  url: string,
): ContentKind {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  const head = Buffer.from(
    bytes.buffer,
    bytes.byteOffset,
    Math.min(bytes.byteLength, 1_024),
  ).toString('latin1');
  const path = url.split(/[?#]/u)[0]!.toLowerCase();
  if (/^[\s\0]{0,64}%PDF-/u.test(head)) return 'pdf';
  if (type === 'application/pdf') return looksBinary(bytes) ? 'unsupported' : 'pdf';
  const start = head
    .replace(/^\xef\xbb\xbf/u, '')
    .replace(/\0/gu, '')
    .trimStart()
    .toLowerCase();
  const isHtml = /^(?:<!--(?:(?!-->)[^])*-->\s*)*(?:<!doctype\s+html|<html|<head|<body)/u.test(
    start,
  );
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (/^(?:text\/(?:x-)?|application\/)markdown$/u.test(type)) return 'markdown';
  if (type === 'application/json' || type.endsWith('+json')) return 'json';
  if (/[/+]xml$/u.test(type))
    return isHtml || (start.startsWith('<?xml') && start.includes('<html')) ? 'html' : 'xml';
  const unknown =
    type === '' || type === 'application/octet-stream' || type === 'binary/octet-stream';
  if (!type.startsWith('text/') && !unknown) return 'unsupported';
  if (looksBinary(bytes)) {
    // NULs in a page that says it is text are dirt, in an unknown one they are a format.
    if (unknown) return 'unsupported';
  }
  if (isHtml) return 'html';
  if (/\.(?:md|markdown|mdown)$/u.test(path)) return 'markdown';
  if (unknown && path.endsWith('.json')) return 'json';
  if (unknown && start.startsWith('<?xml')) return start.includes('<html') ? 'html' : 'xml';
  if (unknown && (/\.x?html?$/u.test(path) || start.startsWith('<'))) return 'html';
  return 'text';
}
