/** What SQLite says went wrong, on every runtime: Node gives its result code, Deno only the text. */

export type SqliteFailure = "busy" | "full" | "damaged" | "unreachable" | "other";

const BY_CODE: ReadonlyMap<number, SqliteFailure> = new Map([
  [5, "busy"],
  [11, "damaged"],
  [13, "full"],
  [14, "unreachable"],
  [26, "damaged"],
]);

/** SQLite's own texts for those codes (sqlite3_errstr); they have not changed for many years. */
const BY_TEXT: readonly (readonly [text: string, failure: SqliteFailure])[] = [
  ["database is locked", "busy"],
  ["database disk image is malformed", "damaged"],
  ["database or disk is full", "full"],
  ["unable to open database file", "unreachable"],
  ["file is not a database", "damaged"],
];

export function sqliteFailure(error: unknown): SqliteFailure {
  if (!(error instanceof Error)) return "other";
  const code = (error as { errcode?: unknown }).errcode;
  // The lower byte is the primary code; the rest refines it.
  if (typeof code === "number") return BY_CODE.get(code & 0xff) ?? "other";
  return BY_TEXT.find(([text]) => error.message.includes(text))?.[1] ?? "other";
}
