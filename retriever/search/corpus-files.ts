import { opendir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { abortReason } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';

/** Content types of the files a corpus may hold, by extension. Text has no charset: it is sniffed. */
export const CORPUS_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.htm': 'text/html',
  '.xhtml': 'application/xhtml+xml',
  '.md': 'text/markdown',
  '.markdown': 'text/markdown',
  '.txt': 'text/plain',
  '.text': 'text/plain',
  '.pdf': 'application/pdf',
};

export interface CorpusFile {
  /** Relative to the corpus folder, with `/` on every system. */
  readonly path: string;
  readonly mtimeMs: number;
  /** In bytes. */
  readonly size: number;
}

const SKIPPED = new Set(['node_modules', '__pycache__']);

/**
 * Readable files of a corpus folder, sorted by path. Hidden names are skipped, and so are symbolic
 * links (what they point to inside the folder is listed anyway, what lies outside is none of it).
 * @param root real path of the folder
 * @throws FootnoteError `config-invalid` when the folder cannot be read, `cancelled`
 */
export async function listCorpus(root: string, signal: AbortSignal): Promise<CorpusFile[]> {
  const files: CorpusFile[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (signal.aborted) throw abortReason(signal);
    let names: string[];
    try {
      names = [];
      for await (const entry of await opendir(folder)) {
        if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) continue;
        const path = join(folder, entry.name);
        if (entry.isDirectory()) folders.push(path);
        else if (entry.isFile() && isCorpusFile(entry.name)) names.push(path);
      }
    } catch (error) {
      // A folder that went away in mid-walk is a deletion; a root that cannot be read is a mistake.
      if (folder === root) throw unreadable(root, error as Error);
      continue;
    }
    for (let start = 0; start < names.length; start += 64) {
      const batch = names.slice(start, start + 64).map(async (path) => {
        const found = await stat(path).catch(() => null);
        if (found === null) return;
        const name = relative(root, path).split(sep).join('/');
        files.push({ path: name, mtimeMs: found.mtimeMs, size: found.size });
      });
      await Promise.all(batch);
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Real path of the corpus folder. Throws FootnoteError `config-invalid` when there is none. */
export async function corpusRoot(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    throw unreadable(folder, error as Error);
  }
  throw unreadable(folder, new Error('it is not a folder'));
}

function isCorpusFile(name: string): boolean {
  return Object.hasOwn(CORPUS_TYPES, extname(name).toLowerCase());
}

function unreadable(folder: string, cause: Error): FootnoteError {
  return new FootnoteError(
    'config-invalid',
    `the corpus folder ${folder} cannot be read (${cause.message}); set FOOTNOTE_CORPUS_DIR to a folder`,
    { cause, stage: 'search' },
  );
}
