import type Database from 'libsql';
import type { CacheEntry } from '../../src/core/seams.ts';
import { closeSqlite, openSqlite } from './sqlite-file.ts';

const SCHEMA = {
  version: 1,
  create: (database: Database.Database): void => {
    database.exec('DROP TABLE IF EXISTS entries');
    database.exec('DROP TABLE IF EXISTS total');
    database.exec(
      `CREATE TABLE entries (
         key TEXT PRIMARY KEY, value BLOB NOT NULL, size INTEGER NOT NULL,
         stored REAL NOT NULL, expires REAL NOT NULL, used REAL NOT NULL)`,
    );
    database.exec('CREATE INDEX by_use ON entries (used)');
    // Kept by triggers, so that no writer of any process has to add up all rows.
    database.exec('CREATE TABLE total (bytes INTEGER NOT NULL)');
    database.exec('INSERT INTO total VALUES (0)');
    database.exec(
      `CREATE TRIGGER added AFTER INSERT ON entries
         BEGIN UPDATE total SET bytes = bytes + new.size; END`,
    );
    database.exec(
      `CREATE TRIGGER removed AFTER DELETE ON entries
         BEGIN UPDATE total SET bytes = bytes - old.size; END`,
    );
  },
};

/** A use is written down at most this often: reading must not write each time. */
const USE_MS = 60_000;
/** Bytes of a row beside its value and key. */
const ROW_BYTES = 64;

interface Row {
  readonly value: Uint8Array;
  readonly stored: number;
  readonly expires: number;
  readonly used: number;
}

/** Entries by key in one SQLite file, bounded in bytes; the least lately used go first. */
export class DiskCacheStore {
  readonly #database: Database.Database;
  readonly #maxBytes: number;

  /** @param maxBytes of keys, values and rows; the file may be about a tenth larger */
  constructor(path: string, maxBytes: number) {
    this.#database = openSqlite(path, SCHEMA);
    this.#maxBytes = maxBytes;
  }

  get(key: string, nowMs: number): CacheEntry | null {
    const row = this.#database
      .prepare('SELECT value, stored, expires, used FROM entries WHERE key = ?')
      .get(key) as Row | undefined;
    if (row === undefined || row.expires <= nowMs) return null;
    if (nowMs - row.used > USE_MS) {
      this.#database.prepare('UPDATE entries SET used = ? WHERE key = ?').run(nowMs, key);
    }
    return {
      value: new Uint8Array(row.value),
      storedAtMs: row.stored,
      expiresAtMs: row.expires,
    };
  }

  /** Adds or replaces an entry and makes room, in one transaction. Too large a value is not kept. */
  set(key: string, entry: CacheEntry, nowMs: number): void {
    const size = entry.value.byteLength + key.length * 2 + ROW_BYTES;
    this.#database
      .transaction(() => {
        this.#database.prepare('DELETE FROM entries WHERE key = ?').run(key);
        if (size > this.#maxBytes / 4 || entry.expiresAtMs <= nowMs) return;
        this.#makeRoom(size, nowMs);
        this.#database
          .prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)')
          .run(key, Buffer.from(entry.value), size, entry.storedAtMs, entry.expiresAtMs, nowMs);
      })
      .immediate();
  }

  delete(key: string): void {
    this.#database.prepare('DELETE FROM entries WHERE key = ?').run(key);
  }

  bytes(): number {
    const row = this.#database.prepare('SELECT bytes FROM total').get() as { bytes: number };
    return row.bytes;
  }

  close(): void {
    closeSqlite(this.#database);
  }

  #makeRoom(size: number, nowMs: number): void {
    let free = this.#maxBytes - this.bytes();
    if (free >= size) return;
    this.#database.prepare('DELETE FROM entries WHERE expires <= ?').run(nowMs);
    free = this.#maxBytes - this.bytes();
    while (free < size) {
      const { changes } = this.#database
        .prepare('DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY used LIMIT 8)')
        .run();
      if (changes === 0) return;
      free = this.#maxBytes - this.bytes();
    }
  }
}
