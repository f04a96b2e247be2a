/**
 * The lock on a data folder, for the life of the process: a write transaction on a small SQLite file
 * that is never ended. The system lets go of it when the process dies, however it dies. It works on
 * Node and Deno alike, which have no lock on files of their own, and between the two.
 *
 * Reading stays possible under it: so whoever comes second learns who was first.
 */
import { DatabaseSync } from "node:sqlite";
import { IoError } from "@runnel/kit/errors.ts";
import { sqliteFailure } from "./embedded/sqlite-error.ts";
import { MetadataErrorCode } from "./errors.ts";

/** In the data folder. Never open it otherwise: closing any handle on it would end the lock. */
const LOCK_FILE = ".lock";

/** Tries to be the one whose pid stands in the file; another start in the same moment takes one. */
const CLAIM_ATTEMPTS = 3;

/** Whether what `lockFolder` threw says that another process has the folder. */
export function isFolderHeld(error: unknown): boolean {
  return (
    error instanceof IoError &&
    error.code === MetadataErrorCode.LOCKED &&
    sqliteFailure(error.cause) === "busy"
  );
}

export interface FolderLock {
  [Symbol.dispose](): void;
}

/** Locks `folder`, which must exist, in the name of `pid`. Throws `IoError` when somebody else has it. */
export function lockFolder(folder: string, pid: number): FolderLock {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(`${folder}/${LOCK_FILE}`);
    claim(database, pid);
  } catch (error) {
    const refusal = refuse(folder, database, error);
    database?.close();
    throw refusal;
  }
  const held = database;
  return {
    [Symbol.dispose]() {
      if (held.isOpen) held.close();
    },
  };
}

function claim(database: DatabaseSync, pid: number): void {
  database.exec("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS owner (pid INTEGER) STRICT");
  for (let attempt = 1; attempt < CLAIM_ATTEMPTS && ownerOf(database) !== pid; attempt += 1) {
    database.exec("DELETE FROM owner");
    database.prepare("INSERT INTO owner VALUES (?)").run(pid);
    // What is not committed nobody can read; between the two lines somebody else may take the lock.
    database.exec("COMMIT");
    database.exec("BEGIN IMMEDIATE");
  }
}

function ownerOf(database: DatabaseSync): number | null {
  const pid = database.prepare("SELECT pid FROM owner").get()?.["pid"];
  return typeof pid === "number" ? pid : null;
}

function refuse(folder: string, database: DatabaseSync | null, error: unknown): IoError {
  const path = `${folder}/${LOCK_FILE}`;
  const kind = sqliteFailure(error);
  if (kind === "unreachable") {
    const advice = "let this user write there, or choose another folder with --data-dir";
    const message = `data folder ${folder}: no file can be made in it; ${advice}`;
    return new IoError(MetadataErrorCode.LOCKED, message, error);
  }
  if (database === null || kind !== "busy") {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = "check its permissions, or remove the file if no broker uses the folder";
    return new IoError(MetadataErrorCode.LOCKED, `${path}: ${reason}; ${advice}`, error);
  }
  let owner: number | null = null;
  try {
    owner = ownerOf(database);
  } catch {
    // The first broker has not written its pid yet.
  }
  const who = owner === null ? "another broker" : `the broker with process id ${owner}`;
  return new IoError(
    MetadataErrorCode.LOCKED,
    `data folder ${folder} is in use by ${who}: stop it, or choose another folder`,
    error,
  );
}
