/**
 * The metadata store of a single broker: everything in memory, every change first committed to a SQLite
 * file. Write-ahead log and `synchronous=FULL`: a commit returns once the log is synced, one sync each.
 *
 *   entry(key, value, create_revision, mod_revision, lease_id, crc)   crc = CRC-32C over the others
 *   state(id = 1, revision)
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { crc32c } from "@runnel/kit/crc32c.ts";
import { IoError } from "@runnel/kit/errors.ts";
import type { Clock, Scheduler } from "@runnel/kit/world.ts";
import { MetadataErrorCode } from "../errors.ts";
import { LocalStore } from "../local-store.ts";
import type { KeyValue, MetadataEvent, MetadataStore } from "../store.ts";
import { sqliteFailure } from "./sqlite-error.ts";

/** Written to the file as `user_version`; a higher one is from a newer Runnel. */
const FORMAT = 1;

const UTF8 = new TextEncoder();

/** 1 GiB: a cluster at its limits needs a few percent of it. */
const PAGES_MAX = 262_144;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, create_revision INTEGER NOT NULL,
    mod_revision INTEGER NOT NULL, lease_id INTEGER NOT NULL, crc INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS state (
    id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO state VALUES (1, 0);
  PRAGMA user_version = ${FORMAT};
`;

/**
 * Opens, or makes, the store in the file at `path`. Throws `IoError` when the file belongs to a newer
 * Runnel, is damaged, or is open elsewhere.
 */
export function openSqliteStore(
  path: string,
  options: {
    readonly clock: Clock;
    readonly scheduler: Scheduler;
    readonly historyMax?: number;
    /** The largest the file may grow, in pages of 4 KiB. */
    readonly pagesMax?: number;
  },
): MetadataStore {
  const database = open(path, options.pagesMax ?? PAGES_MAX);
  try {
    const { entries, revision } = load(database, path);
    const writer = new Writer(database, path);
    return new LocalStore({
      ...options,
      entries,
      revision,
      persist: (next, events) => writer.write(next, events),
      onClose: () => database.close(),
    });
  } catch (error) {
    database.close();
    throw error instanceof IoError ? error : failure(path, error);
  }
}

function open(path: string, pagesMax: number): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path);
    // Exclusive: no shared memory file, and no second program that changes the store behind our back.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON");
    database.exec(`PRAGMA trusted_schema = OFF; PRAGMA max_page_count = ${pagesMax}`);
    const format = number(database.prepare("PRAGMA user_version").get(), "user_version");
    if (format > FORMAT) {
      throw new IoError(
        MetadataErrorCode.FORMAT,
        `${path}: format ${format} is of a newer Runnel; this one reads up to ${FORMAT}`,
      );
    }
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof IoError ? error : failure(path, error);
  }
}

function load(
  database: DatabaseSync,
  path: string,
): { readonly entries: readonly KeyValue[]; readonly revision: number } {
  const check = database.prepare("PRAGMA quick_check(1)").get();
  if (check?.["quick_check"] !== "ok") throw damaged(path, String(check?.["quick_check"]));
  const revision = number(database.prepare("SELECT revision FROM state").get(), "revision");
  const entries = database
    .prepare("SELECT * FROM entry")
    .all()
    .map((row): KeyValue => {
      const entry: KeyValue = {
        key: String(row["key"]),
        value: String(row["value"]),
        createRevision: number(row, "create_revision"),
        modRevision: number(row, "mod_revision"),
        leaseId: number(row, "lease_id"),
      };
      if (checksum(entry) !== row["crc"] || entry.modRevision > revision) {
        throw damaged(path, `checksum of key ${entry.key}`);
      }
      return entry;
    });
  return { entries, revision };
}

class Writer {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #advance: StatementSync;
  /** Set by a failed commit: what is on disk is unknown from then on, and only a restart can tell. */
  #isFenced = false;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#put = database.prepare("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)");
    this.#delete = database.prepare("DELETE FROM entry WHERE key = ?");
    this.#advance = database.prepare("UPDATE state SET revision = ?");
  }

  write(revision: number, events: readonly MetadataEvent[]): void {
    if (this.#isFenced) {
      throw new IoError(
        MetadataErrorCode.UNAVAILABLE,
        `${this.#path}: an earlier write failed; restart the broker`,
      );
    }
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const event of events) {
        if (event.kind === "delete") this.#delete.run(event.key);
        else this.#putEntry(event.entry);
      }
      this.#advance.run(revision);
      this.#database.exec("COMMIT");
    } catch (error) {
      const isFull = sqliteFailure(error) === "full";
      // Full means nothing was written; any other failure may be a sync that must not be tried again.
      this.#isFenced = !this.#rollBack() || !isFull;
      throw failure(this.#path, error);
    }
  }

  #putEntry(entry: KeyValue): void {
    const { key, value, createRevision, modRevision, leaseId } = entry;
    this.#put.run(key, value, createRevision, modRevision, leaseId, checksum(entry));
  }

  #rollBack(): boolean {
    try {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      return true;
    } catch {
      return false;
    }
  }
}

function checksum({ key, value, createRevision, modRevision, leaseId }: KeyValue): number {
  return crc32c(UTF8.encode(`${createRevision} ${modRevision} ${leaseId} ${key}\n${value}`));
}

function number(row: Record<string, unknown> | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}

function damaged(path: string, what: string): IoError {
  return new IoError(
    MetadataErrorCode.FORMAT,
    `${path}: the metadata is damaged (${what}); restore the file from a copy`,
  );
}

function failure(path: string, error: unknown): IoError {
  switch (sqliteFailure(error)) {
    case "busy":
      return new IoError(MetadataErrorCode.LOCKED, `${path}: another program has it open`, error);
    case "full":
      return new IoError(MetadataErrorCode.NO_SPACE, `${path}: no space left on disk`, error);
    case "damaged":
      return new IoError(
        MetadataErrorCode.FORMAT,
        `${path}: the metadata is damaged; restore the file from a copy`,
        error,
      );
    default:
      return new IoError(
        MetadataErrorCode.UNAVAILABLE,
        `${path}: ${error instanceof Error ? error.message : String(error)}`,
        error,
      );
  }
}
