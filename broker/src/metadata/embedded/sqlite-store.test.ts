import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { describeMetadataStore } from "../store.contract.ts";
import type { MetadataStore } from "../store.ts";
import { openSqliteStore } from "./sqlite-store.ts";

let folder = "";
let path = "";
const opened: MetadataStore[] = [];
/** For stores without leases. */
const TIME = { clock: new ManualTime(), scheduler: new ManualTime() };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "runnel-store-"));
  path = join(folder, "metadata.sqlite");
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

function open(options: { readonly historyMax?: number; readonly pagesMax?: number } = {}) {
  const time = new ManualTime();
  const store = openSqliteStore(path, { clock: time, scheduler: time, ...options });
  opened.push(store);
  return { store, advance: (spanMs: number) => time.advance(spanMs) };
}

describeMetadataStore("sqlite", open);

const put = (key: string, value: string) => ({ kind: "put", key, value }) as const;

describe("openSqliteStore()", () => {
  it("finds after a restart what was there, with its revisions", async () => {
    const { store } = open();
    await store.transact({ success: [put("/a", "1"), put("/b", "é")] });
    await store.transact({ success: [put("/a", "2")] });
    await store.transact({ success: [{ kind: "delete", key: "/b" }] });
    const before = await store.range("/");
    await store.close();
    expect(await open().store.range("/")).toEqual(before);
  });

  it("has a change on disk before it says so: a copy of the files holds it", async () => {
    const { store } = open();
    await store.transact({ success: [put("/a", "1")] });
    // What a crash leaves: the main file and the write-ahead log, without an orderly end.
    const copy = join(folder, "copy.sqlite");
    for (const suffix of ["", "-wal"]) writeFileSync(copy + suffix, readFileSync(path + suffix));
    const crashed = openSqliteStore(copy, TIME);
    expect(await crashed.get("/a")).toMatchObject({ value: "1", modRevision: 1 });
    await crashed.close();
  });

  it("survives a write-ahead log cut at any length: whole transactions, none torn", async () => {
    const { store } = open();
    for (let i = 1; i <= 4; i += 1) {
      await store.transact({ success: [put("/x", String(i)), put("/y", String(i))] });
    }
    const [main, wal] = [readFileSync(path), readFileSync(`${path}-wal`)];
    const seen = new Set<number>();
    for (let length = 0; length <= wal.length; length += 1_021) {
      const copy = join(folder, `cut-${length}.sqlite`);
      writeFileSync(copy, main);
      writeFileSync(`${copy}-wal`, wal.subarray(0, length));
      const cut = openSqliteStore(copy, TIME);
      const { revision, entries } = await cut.range("/");
      expect(entries.map((entry) => entry.value)).toEqual(
        revision === 0 ? [] : [String(revision), String(revision)],
      );
      seen.add(revision);
      await cut.close();
    }
    expect(seen.size).toBeGreaterThan(3);
  });

  it("drops at start the keys whose lease ended with the process, as a change", async () => {
    const { store } = open();
    const leaseId = await store.grantLease(1_000);
    await store.transact({ success: [{ ...put("/live", "1"), leaseId }, put("/kept", "1")] });
    const { revision } = await store.range("/");
    await store.close();
    const after = await open().store.range("/");
    expect(after.entries.map((entry) => entry.key)).toEqual(["/kept"]);
    expect(after.revision).toBe(revision + 1);
  });

  it("refuses a file that is open already", () => {
    open();
    expect(() => open()).toThrow(/metadata\.sqlite: another program has it open/);
  });

  it("refuses a file of a newer Runnel", async () => {
    await open().store.close();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 9");
    database.close();
    expect(() => open()).toThrow(/format 9 is of a newer Runnel/);
  });

  it("refuses a file that is no database, or whose content was changed", async () => {
    writeFileSync(path, "x".repeat(8_192));
    expect(() => open()).toThrow(/damaged/);
    rmSync(path);
    const { store } = open();
    await store.transact({ success: [put("/a", "leader 1")] });
    await store.close();
    const database = new DatabaseSync(path);
    database.exec("UPDATE entry SET value = 'leader 2'");
    database.close();
    expect(() => open()).toThrow(/damaged \(checksum of key \/a\)/);
  });

  it("detects any flipped bit in the file, or the bit does not matter", async () => {
    const { store } = open();
    await store.transact({ success: [put("/a", "one"), put("/b", "two")] });
    const before = await store.range("/");
    await store.close();
    const bytes = readFileSync(path);
    const wrong: number[] = [];
    for (let position = 0; position < bytes.length; position += 41) {
      const copy = join(folder, "flipped.sqlite");
      const flipped = Uint8Array.from(bytes);
      flipped[position] = (flipped[position] as number) ^ (1 << (position % 8));
      writeFileSync(copy, flipped);
      const entries = await entriesOf(copy);
      if (entries !== null && JSON.stringify(entries) !== JSON.stringify(before.entries)) {
        wrong.push(position);
      }
      for (const suffix of ["", "-wal", "-journal"]) rmSync(copy + suffix, { force: true });
    }
    expect(wrong).toEqual([]);
  });

  it("does nothing of a transaction that finds no space, and works again later", async () => {
    const { store } = open({ pagesMax: 40 });
    await store.transact({ success: [put("/a", "1")] });
    const { revision } = await store.range("/");
    const large = Array.from({ length: 100 }, (_, i) => put(`/large/${i}`, "x".repeat(10_000)));
    await expect(store.transact({ success: large })).rejects.toMatchObject({
      code: "RUNNEL_METADATA_NO_SPACE",
    });
    expect(await store.range("/")).toMatchObject({ revision });
    await store.transact({ success: [put("/a", "2")] });
    await store.close();
    expect(await open().store.get("/a")).toMatchObject({ value: "2", modRevision: revision + 1 });
  });
});

async function entriesOf(file: string) {
  let store: MetadataStore;
  try {
    store = openSqliteStore(file, TIME);
  } catch {
    return null;
  }
  const { entries } = await store.range("/");
  await store.close();
  return entries;
}
