/** Is a downloaded file what its name says? A portal, a mirror or Git LFS may have sent something else. */
import { open } from 'node:fs/promises';

const HEAD_BYTES = 512;

/**
 * @param name the file's name at its source, for its ending
 * @returns what is wrong with it, to go behind its name in a sentence; null when nothing is seen
 */
export async function contentFault(path: string, name: string): Promise<string | null> {
  const file = await open(path, 'r');
  let head: Buffer;
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(buffer, 0, HEAD_BYTES, 0);
    head = buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
  const text = head.toString('latin1').trimStart();
  if (/^(?:<!doctype|<html|<head|<\?xml)/iu.test(text) && !/\.(?:html?|xml)$/iu.test(name)) {
    return 'is a web page (a login page, a proxy or a mirror in between?)';
  }
  if (text.startsWith('version https://git-lfs'))
    return 'is a pointer of Git LFS, not the file itself';
  if (/\.gguf$/iu.test(name) && head.toString('latin1', 0, 4) !== 'GGUF') return 'is no GGUF file';
  if (/\.safetensors$/iu.test(name) && head[8] !== 0x7b) return 'is no safetensors file';
  if (/\.json$/iu.test(name) && !/^[{[]/u.test(text)) return 'is no JSON';
  return null;
}
