/**
 * The local index on disk, by SQLite's FTS5 (libsql: synchronous calls, so only a child process runs
 * this). One row per file, and one row of search terms in a contentless full-text table. The terms are
 * those of `src/core/tokens.ts` (stems, and pairs of characters for scripts without spaces), joined by
 * blanks; FTS5 splits at the blanks and does nothing else to them.
 */
import Database from 'libsql';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { terms } from '../../src/core/tokens.ts';
import type { CorpusFile } from './corpus-files.ts';
import { keywords } from './keywords.ts';
import { snippetWindow } from './snippet-window.ts';

/** Raise this when the tables or the tokenisation change: the index is then built anew. */
const VERSION = 2;
/** A file that took too long or crashed its reader is tried again after this long. */
const RETRY_MS = 600_000;
/** A match in the title counts this many times one in the text. */
const TITLE_WEIGHT = 4;

/** Rows that a query may have scored, about: each takes a microsecond or two. */
const SCORED_ROWS = 30_000;
/** With fewer matches than this the next term counts whatever it costs. */
const ENOUGH_MATCHES = 100;
const REMEMBERED_COUNTS = 20_000;

export interface IndexEntry extends CorpusFile {
  readonly title: string;
  readonly text: string;
  readonly language: string;
  /** ISO 8601. */
  readonly publishedAt: string | null;
  /** Host of the document's canonical URL, where it names one; else empty. */
  readonly site: string;
  /** Why the file has no text, as an error code; null when it has. */
  readonly failure: string | null;
}

export interface IndexQuery {
  readonly text: string;
  readonly limit: number;
  /** ISO 8601 day; files without a date of their own count by the time they were changed. */
  readonly earliest: string | null;
}

export interface IndexHit {
  readonly path: string;
  readonly title: string;
  readonly snippet: string;
  readonly language: string;
  readonly publishedAt: string | null;
  readonly site: string;
  /** BM25, higher is better. */
  readonly score: number;
}

interface FileRow {
  readonly id: number;
  readonly path: string;
  readonly mtime: number;
  readonly size: number;
  readonly failure: string | null;
  readonly indexed: number;
}

interface HitRow extends Omit<IndexHit, 'snippet'> {
  readonly text: string;
}

export class LocalIndexStore {
  readonly #database: Database.Database;
  /** In how many documents a term stands, roughly: emptied whenever this process writes. */
  readonly #counts = new Map<string, number>();
  readonly #scoredRows: number;

  /**
   * Opens or makes the index at `path`; one that is damaged or of another version is made anew.
   * @param scoredRows rows that one query may have scored, about
   */
  constructor(path: string, scoredRows = SCORED_ROWS) {
    this.#scoredRows = scoredRows;
    mkdirSync(dirname(path), { recursive: true });
    try {
      this.#database = openDatabase(path);
    } catch (error) {
      if (!isDamage(error)) throw error;
      removeIndex(path);
      this.#database = openDatabase(path);
    }
  }

  /**
   * Compares the files that are there with those indexed: forgets the ones that are gone and returns
   * the paths that are new or changed (by modification time and size), or due for another try.
   * @param nowMs the present, in ms since 1970
   */
  plan(
    files: readonly CorpusFile[],
    nowMs: number,
  ): { readonly changed: string[]; readonly deleted: number } {
    const known = new Map(
      (this.#all('SELECT id, path, mtime, size, failure, indexed FROM files') as FileRow[]).map(
        (row) => [row.path, row],
      ),
    );
    const changed: string[] = [];
    for (const file of files) {
      const row = known.get(file.path);
      known.delete(file.path);
      if (
        row === undefined ||
        row.mtime !== file.mtimeMs ||
        row.size !== file.size ||
        (isPassing(row.failure) && nowMs - row.indexed > RETRY_MS)
      ) {
        changed.push(file.path);
      }
    }
    if (known.size > 0) {
      this.#write(() => {
        for (const row of known.values()) this.#remove(row.id);
      });
    }
    return { changed, deleted: known.size };
  }

  /** Adds or replaces files, all or none; `nowMs` is the present, in ms since 1970. */
  put(entries: readonly IndexEntry[], nowMs: number): void {
    // The slow half is done before the lock is taken.
    const indexed = entries.map((entry) => ({
      entry,
      title: terms(`${entry.title} ${entry.path.replaceAll(/[/._-]+/gu, ' ')}`, { stem: true }),
      body: terms(entry.text, { stem: true }),
    }));
    this.#write(() => {
      const find = this.#database.prepare('SELECT id FROM files WHERE path = ?');
      const addFile = this.#database.prepare(
        'INSERT INTO files (path, mtime, size, title, text, language, published, site, failure, indexed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      );
      const addTerms = this.#database.prepare(
        'INSERT INTO terms (rowid, title, body) VALUES (?, ?, ?)',
      );
      for (const { entry, title, body } of indexed) {
        const old = find.get(entry.path) as { id: number } | undefined;
        if (old !== undefined) this.#remove(old.id);
        const { lastInsertRowid } = addFile.run(
          entry.path,
          entry.mtimeMs,
          entry.size,
          entry.title,
          entry.text,
          entry.language,
          entry.publishedAt,
          entry.site,
          entry.failure,
          nowMs,
        );
        if (entry.failure === null) {
          addTerms.run(lastInsertRowid, encode(title).join(' '), encode(body).join(' '));
        }
      }
    });
  }

  /** Files that match any term of the query, best first by BM25 with the title weighted. */
  search(query: IndexQuery): IndexHit[] {
    const wanted = [...new Set(terms(keywords(query.text), { stem: true }))].slice(0, 64);
    if (wanted.length === 0) return [];
    const match = this.#affordable(encode(wanted))
      .map((term) => `"${term}"`)
      .join(' OR ');
    // The best are found in the full-text table alone: a row's text is read for those that are shown.
    // Only a date limit has to look at each match's row.
    const dated =
      query.earliest === null
        ? ''
        : `AND (SELECT coalesce(published, strftime('%Y-%m-%d', mtime / 1000, 'unixepoch'))
                  FROM files WHERE id = terms.rowid) >= ?`;
    const rows = this.#all(
      `WITH best AS (
         SELECT rowid AS id, -rank AS score FROM terms
          WHERE terms MATCH ? AND rank MATCH 'bm25(${TITLE_WEIGHT}, 1)' ${dated}
          ORDER BY rank LIMIT ?)
       SELECT path, title, text, language, published AS publishedAt, site, score
         FROM best JOIN files USING (id) ORDER BY score DESC, path`,
      match,
      ...(query.earliest === null ? [] : [query.earliest]),
      query.limit,
    ) as HitRow[];
    const sought = new Set(wanted);
    return rows.map(({ text, ...row }) => ({ ...row, snippet: snippetWindow(text, sought) }));
  }

  /** How many files are indexed, and how many of them had no readable text. */
  count(): { readonly files: number; readonly failed: number } {
    const row = this.#all('SELECT count(*) AS files, count(failure) AS failed FROM files')[0] as {
      files: number;
      failed: number;
    };
    return { files: row.files, failed: row.failed };
  }

  /** Writes the log back into the file and closes it. */
  close(): void {
    try {
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // Damaged or in use: the log stays, and the next one who opens reads it.
    }
    this.#database.close();
  }

  #remove(id: number): void {
    this.#database.prepare('DELETE FROM terms WHERE rowid = ?').run(id);
    this.#database.prepare('DELETE FROM files WHERE id = ?').run(id);
  }

  /**
   * The rarest terms whose documents are not too many to score. BM25 gives next to nothing for a term that
   * stands in a third of all documents, and nothing at all beyond half of them.
   */
  #affordable(words: readonly string[]): readonly string[] {
    if (words.length === 1) return words;
    const find = this.#database.prepare('SELECT doc FROM vocabulary WHERE term = ?');
    const counted = words.map((word) => {
      const known = this.#counts.get(word);
      if (known !== undefined) return { word, count: known };
      const { doc: count } = (find.get(word) as { doc: number } | undefined) ?? { doc: 0 };
      if (this.#counts.size >= REMEMBERED_COUNTS) this.#counts.clear();
      this.#counts.set(word, count);
      return { word, count };
    });
    const chosen: string[] = [];
    let rows = 0;
    for (const { word, count } of counted.sort((a, b) => a.count - b.count)) {
      if (rows >= ENOUGH_MATCHES && rows + count > this.#scoredRows) break;
      chosen.push(word);
      rows += count;
    }
    return chosen;
  }

  #all(sql: string, ...parameters: unknown[]): unknown[] {
    return this.#database.prepare(sql).all(...parameters);
  }

  #write(work: () => void): void {
    this.#counts.clear();
    this.#database.transaction(work).immediate();
  }
}

/**
 * Opens with a write-ahead log: readers never wait for a writer, a second writer waits its turn, and a
 * process killed in mid-write leaves the last whole transaction behind.
 */
function openDatabase(path: string): Database.Database {
  const database = new Database(path, { timeout: 10_000 });
  try {
    database.pragma('busy_timeout = 10000');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    if (versionOf(database) !== VERSION) database.transaction(() => create(database)).immediate();
    database.exec("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'terms', 'row')");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function create(database: Database.Database): void {
  // Another process may have been first.
  if (versionOf(database) === VERSION) return;
  database.exec('DROP TABLE IF EXISTS terms');
  database.exec('DROP TABLE IF EXISTS files');
  database.exec(
    `CREATE TABLE files (
       id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, mtime REAL NOT NULL, size INTEGER NOT NULL,
       title TEXT NOT NULL, text TEXT NOT NULL, language TEXT NOT NULL, published TEXT,
       site TEXT NOT NULL, failure TEXT, indexed REAL NOT NULL)`,
  );
  // The `ascii` tokeniser leaves everything beyond ASCII alone: marks of Thai vowels stay in words.
  database.exec(
    `CREATE VIRTUAL TABLE terms USING fts5(
       title, body, content='', contentless_delete=1, tokenize="ascii tokenchars '.,:'")`,
  );
  database.exec(`PRAGMA user_version = ${VERSION}`);
}

function versionOf(database: Database.Database): number {
  const row = database.pragma('user_version') as { user_version: number }[];
  return row[0]?.user_version ?? 0;
}

/** True for the errors of a database file that cannot be mended. */
export function isDamage(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^SQLITE_(?:NOTADB|CORRUPT)/u.test(code);
}

/** Throws the index at `path` away: it holds nothing that the files do not, so it costs time only. */
export function removeIndex(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}

/** Failures that may have been the machine's, not the file's. */
function isPassing(failure: string | null): boolean {
  return failure === 'timeout' || failure === 'worker-crashed';
}

/** Terms as FTS5 may split them: the one ASCII character that is a quotation mark there is replaced. */
function encode(words: readonly string[]): string[] {
  return words.map((word) => word.replaceAll(/['"\s]/gu, '’'));
}
