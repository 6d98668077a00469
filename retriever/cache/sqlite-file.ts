/**
 * SQLite files that several processes share (libsql: synchronous calls, so only child processes run
 * this): a write-ahead log, so that readers never wait for a writer, a second writer waits its turn,
 * and a process killed in mid-write leaves the last whole transaction behind.
 */
import Database from 'libsql';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** What makes a database: its tables, and a number to raise when they change (all is then made anew). */
export interface SqliteSchema {
  readonly version: number;
  readonly create: (database: Database.Database) => void;
}

/** Opens or makes the database at `path`; one that is damaged or of another version is made anew. */
export function openSqlite(path: string, schema: SqliteSchema): Database.Database {
  mkdirSync(dirname(path), { recursive: true });
  try {
    return open(path, schema);
  } catch (error) {
    if (!isDamage(error)) throw error;
    removeSqlite(path);
    return open(path, schema);
  }
}

function open(path: string, schema: SqliteSchema): Database.Database {
  const database = new Database(path, { timeout: 10_000 });
  try {
    database.pragma('busy_timeout = 10000');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    if (versionOf(database) !== schema.version) {
      database
        .transaction(() => {
          // Another process may have been first.
          if (versionOf(database) === schema.version) return;
          schema.create(database);
          database.exec(`PRAGMA user_version = ${schema.version}`);
        })
        .immediate();
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Writes the log back into the file and closes it. */
export function closeSqlite(database: Database.Database): void {
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // Damaged or in use: the log stays, and the next one who opens reads it.
  }
  database.close();
}

/** True for the errors of a database file that cannot be mended. */
export function isDamage(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^SQLITE_(?:NOTADB|CORRUPT)/u.test(code);
}

/** Throws a database away: what it holds can be made again, so that costs time only. */
export function removeSqlite(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}

function versionOf(database: Database.Database): number {
  const row = database.pragma('user_version') as { user_version: number }[];
  return row[0]?.user_version ?? 0;
}
