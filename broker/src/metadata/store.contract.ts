/** What every metadata store must do. Each store's test calls this with a way to make an empty one. */
import { describe, expect, it } from "vitest";
import {
  type MetadataEvent,
  type MetadataStore,
  type Operation,
  TRANSACTION_OPS_MAX,
  type Watch,
} from "./store.ts";

export interface StoreUnderTest {
  readonly store: MetadataStore;
  /** Lets time pass, for leases. */
  advance(spanMs: number): void;
}

/** `historyMax` is how many revisions the store may forget: it must know that many and no more. */
export type OpenStore = (options: { readonly historyMax?: number }) => StoreUnderTest;

const put = (key: string, value = "v"): Operation => ({ kind: "put", key, value });
const puts = (...keys: string[]) => ({ success: keys.map((key) => put(key)) });

export function describeMetadataStore(name: string, open: OpenStore): void {
  describe(`${name}: keys and revisions`, () => {
    describeKeys(open);
  });
  describe(`${name}: transactions`, () => {
    describeTransactions(open);
  });
  describe(`${name}: limits`, () => {
    describeLimits(open);
  });
  describe(`${name}: leases`, () => {
    describeLeases(open);
  });
  describe(`${name}: watch`, () => {
    describeWatch(open);
    describeWatchEnds(open);
  });
}

function describeKeys(open: OpenStore): void {
  it("begins empty", async () => {
    const { store } = open({});
    expect(await store.get("/a")).toBeNull();
    expect((await store.range("/")).entries).toEqual([]);
  });

  it("numbers the revisions of a key, and begins anew after a deletion", async () => {
    const { store } = open({});
    const first = (await store.transact(puts("/a"))).revision;
    const second = (await store.transact({ success: [put("/a", "w")] })).revision;
    expect(second).toBe(first + 1);
    expect(await store.get("/a")).toEqual({
      key: "/a",
      value: "w",
      createRevision: first,
      modRevision: second,
      leaseId: 0,
    });
    await store.transact({ success: [{ kind: "delete", key: "/a" }] });
    expect(await store.get("/a")).toBeNull();
    const fourth = (await store.transact(puts("/a"))).revision;
    expect(await store.get("/a")).toMatchObject({ createRevision: fourth, modRevision: fourth });
  });

  it("gives one revision to all that one transaction changes", async () => {
    const { store } = open({});
    const { revision } = await store.transact(puts("/a", "/b"));
    const { entries, revision: at } = await store.range("/");
    expect(at).toBe(revision);
    expect(entries.map((entry) => entry.modRevision)).toEqual([revision, revision]);
  });

  it("ranges over a prefix in order, and over nothing else", async () => {
    const { store } = open({});
    await store.transact(puts("/b/2", "/b/10", "/a", "/b", "/c", "/b/", "/b0"));
    const keys = (await store.range("/b/")).entries.map((entry) => entry.key);
    expect(keys).toEqual(["/b/", "/b/10", "/b/2"]);
  });

  it("keeps text of every kind, and names that objects would trip over", async () => {
    const { store } = open({});
    const values = ["", "\0", "é…🎉", '"quoted"', "a\nb"];
    const success = values.map((value, i) => put(`/__proto__/${i}`, value));
    await store.transact({ success });
    const { entries } = await store.range("/__proto__/");
    expect(entries.map((entry) => entry.value)).toEqual(values);
  });
}

function describeTransactions(open: OpenStore): void {
  it("takes `success` when all compares hold, `failure` when one does not", async () => {
    const { store } = open({});
    const create = {
      compare: [{ kind: "createRevision", key: "/a", equals: 0 } as const],
      success: [put("/a", "mine")],
      failure: [{ kind: "get", key: "/a" } as const],
    };
    const first = await store.transact(create);
    expect(first).toMatchObject({ isApplied: true, reads: [] });
    const again = await store.transact(create);
    expect(again.isApplied).toBe(false);
    expect(again.revision).toBe(first.revision);
    expect(again.reads).toMatchObject([{ key: "/a", value: "mine" }]);
  });

  it("lets one of two win that swap on the same revision", async () => {
    const { store } = open({});
    const { revision } = await store.transact(puts("/a"));
    const swap = (value: string) =>
      store.transact({
        compare: [{ kind: "modRevision", key: "/a", equals: revision }],
        success: [put("/a", value)],
      });
    const results = await Promise.all([swap("one"), swap("two")]);
    expect(results.filter((result) => result.isApplied)).toHaveLength(1);
    const winner = results[0]?.isApplied === true ? "one" : "two";
    expect(await store.get("/a")).toMatchObject({ value: winner });
  });

  it("compares values; a missing key has none", async () => {
    const { store } = open({});
    await store.transact({ success: [put("/a", "")] });
    const holds = async (key: string, equals: string) =>
      (await store.transact({ compare: [{ kind: "value", key, equals }], success: [] })).isApplied;
    expect(await holds("/a", "")).toBe(true);
    expect(await holds("/a", "x")).toBe(false);
    expect(await holds("/none", "")).toBe(false);
  });

  it("changes nothing, and no revision, when there is nothing to change", async () => {
    const { store } = open({});
    const { revision } = await store.transact(puts("/a"));
    const nothing = await store.transact({
      success: [
        { kind: "delete", key: "/x" },
        { kind: "deletePrefix", prefix: "/x/" },
      ],
    });
    expect(nothing).toEqual({ isApplied: true, revision, reads: [] });
  });

  it("deletes what lies under a prefix", async () => {
    const { store } = open({});
    await store.transact(puts("/a/1", "/a/2", "/b"));
    await store.transact({ success: [{ kind: "deletePrefix", prefix: "/a/" }] });
    expect((await store.range("/")).entries.map((entry) => entry.key)).toEqual(["/b"]);
  });
}

function describeLimits(open: OpenStore): void {
  const keys = (count: number) => Array.from({ length: count }, (_, i) => `/k/${i}`);

  it(`takes ${TRANSACTION_OPS_MAX} operations, and not one more`, async () => {
    const { store } = open({});
    await store.transact(puts(...keys(TRANSACTION_OPS_MAX)));
    await expect(store.transact(puts(...keys(TRANSACTION_OPS_MAX + 1)))).rejects.toMatchObject({
      code: "RUNNEL_METADATA_TOO_LARGE",
    });
    expect((await store.range("/")).entries).toHaveLength(TRANSACTION_OPS_MAX);
  });

  it("refuses a transaction of too many bytes, and does nothing of it", async () => {
    const { store } = open({});
    const success = [put("/small"), put("/large", "é".repeat(700_001))];
    await expect(store.transact({ success })).rejects.toMatchObject({
      code: "RUNNEL_METADATA_TOO_LARGE",
    });
    expect((await store.range("/")).entries).toEqual([]);
    await store.transact({ success: [put("/large", "é".repeat(600_000))] });
  });

  it.each<[string, readonly Operation[]]>([
    ["a key put twice", [put("/a"), put("/a", "w")]],
    ["a key put and deleted", [put("/a"), { kind: "delete", key: "/a" }]],
    [
      "a key under a prefix that is deleted",
      [put("/a/b"), { kind: "deletePrefix", prefix: "/a/" }],
    ],
  ])("refuses %s", async (_, success) => {
    const { store } = open({});
    await expect(store.transact({ success })).rejects.toThrow(/twice/);
    expect((await store.range("/")).entries).toEqual([]);
  });

  it("answers nothing once it is closed", async () => {
    const { store } = open({});
    await store.close();
    await expect(store.get("/a")).rejects.toMatchObject({ code: "RUNNEL_METADATA_UNAVAILABLE" });
    await expect(store.transact(puts("/a"))).rejects.toMatchObject({
      code: "RUNNEL_METADATA_UNAVAILABLE",
    });
    await store.close();
  });
}

function describeLeases(open: OpenStore): void {
  const under = (leaseId: number, key = "/a") => ({
    success: [{ kind: "put", key, value: "v", leaseId } as const],
  });

  it("deletes the keys of a lease that nobody kept alive", async () => {
    const { store, advance } = open({});
    const lease = await store.grantLease(1_000);
    await store.transact(under(lease));
    advance(900);
    expect(await store.keepLeaseAlive(lease)).toBe(true);
    advance(900);
    expect(await store.get("/a")).toMatchObject({ leaseId: lease });
    advance(200);
    expect(await store.get("/a")).toBeNull();
    expect(await store.keepLeaseAlive(lease)).toBe(false);
  });

  it("deletes the keys of a revoked lease, and no others, in one revision", async () => {
    const { store } = open({});
    const [first, second] = [await store.grantLease(1_000), await store.grantLease(1_000)];
    await store.transact(under(first, "/a"));
    await store.transact(under(first, "/b"));
    await store.transact(under(second, "/c"));
    const { revision } = await store.range("/");
    await store.revokeLease(first);
    await store.revokeLease(first);
    const after = await store.range("/");
    expect(after.revision).toBe(revision + 1);
    expect(after.entries.map((entry) => entry.key)).toEqual(["/c"]);
  });

  it("lets go of a key that is put again without the lease", async () => {
    const { store, advance } = open({});
    const lease = await store.grantLease(1_000);
    await store.transact(under(lease));
    await store.transact(puts("/a"));
    advance(5_000);
    expect(await store.get("/a")).toMatchObject({ leaseId: 0 });
  });

  it("refuses a put under a lease that has ended", async () => {
    const { store } = open({});
    const lease = await store.grantLease(1_000);
    await store.revokeLease(lease);
    await expect(store.transact(under(lease))).rejects.toMatchObject({
      code: "RUNNEL_METADATA_LEASE_GONE",
    });
    expect(await store.get("/a")).toBeNull();
  });
}

interface Seen {
  readonly changes: { readonly revision: number; readonly events: readonly string[] }[];
  readonly ends: string[];
  readonly watch: Watch;
}

function watchAll(store: MetadataStore, fromRevision: number, prefix = "/"): Seen {
  const changes: Seen["changes"] = [];
  const ends: string[] = [];
  const nameOf = (event: MetadataEvent) =>
    event.kind === "put" ? `${event.entry.key}=${event.entry.value}` : `-${event.key}`;
  const watch = store.watch({
    prefix,
    fromRevision,
    onEvents: (revision, events) => changes.push({ revision, events: events.map(nameOf) }),
    onEnd: (reason) => ends.push(reason),
  });
  return { changes, ends, watch };
}

/** Until the events of what was done before have come: stores tell them soon, not at once. */
async function settle(seen: Seen, count: number): Promise<void> {
  for (let turn = 0; turn < 1_000 && seen.changes.length + seen.ends.length < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  // What must not come gets its chance, too.
  await new Promise((resolve) => setImmediate(resolve));
}

function describeWatch(open: OpenStore): void {
  it("tells every change from a revision on, in order, each revision whole", async () => {
    const { store } = open({});
    const { revision } = await store.transact(puts("/a"));
    const seen = watchAll(store, revision + 1);
    await store.transact(puts("/b", "/c"));
    await store.transact({ success: [put("/a", "w"), { kind: "delete", key: "/b" }] });
    await settle(seen, 2);
    expect(seen.changes).toEqual([
      { revision: revision + 1, events: ["/b=v", "/c=v"] },
      { revision: revision + 2, events: ["/a=w", "-/b"] },
    ]);
  });

  it("tells of the past when the revision lies there", async () => {
    const { store } = open({});
    const { revision } = await store.transact(puts("/a"));
    await store.transact(puts("/b"));
    const seen = watchAll(store, revision);
    await store.transact(puts("/c"));
    await settle(seen, 3);
    expect(seen.changes.map((change) => change.events)).toEqual([["/a=v"], ["/b=v"], ["/c=v"]]);
  });

  it("leaves out other prefixes", async () => {
    const { store } = open({});
    const seen = watchAll(store, 1, "/a/");
    await store.transact(puts("/a/1", "/b/1"));
    await store.transact(puts("/b/2"));
    await settle(seen, 1);
    expect(seen.changes.map((change) => change.events)).toEqual([["/a/1=v"]]);
  });

  it("tells of keys that go with their lease", async () => {
    const { store, advance } = open({});
    const leaseId = await store.grantLease(100);
    const { revision } = await store.transact({
      success: [{ kind: "put", key: "/a", value: "v", leaseId }],
    });
    const seen = watchAll(store, revision + 1);
    advance(101);
    await settle(seen, 1);
    expect(seen.changes).toEqual([{ revision: revision + 1, events: ["-/a"] }]);
  });

  it("never calls back inside the call that changes, nor after close", async () => {
    const { store } = open({});
    const seen = watchAll(store, 1);
    const done = store.transact(puts("/a"));
    expect(seen.changes).toEqual([]);
    await done;
    await settle(seen, 1);
    seen.watch.close();
    await store.transact(puts("/b"));
    await settle(seen, 2);
    expect(seen.changes).toHaveLength(1);
  });
}

function describeWatchEnds(open: OpenStore): void {
  it("goes on when a callback makes a change", async () => {
    const { store } = open({});
    const values: string[] = [];
    store.watch({
      prefix: "/n",
      fromRevision: 1,
      onEvents: (_, [event]) => {
        const value = event?.kind === "put" ? event.entry.value : "";
        values.push(value);
        if (values.length < 5) void store.transact({ success: [put("/n", `${value}+`)] });
      },
      onEnd: () => {},
    });
    const other = watchAll(store, 1);
    await store.transact({ success: [put("/n", "")] });
    await settle(other, 5);
    expect(values).toEqual(["", "+", "++", "+++", "++++"]);
  });

  it("ends a watch whose beginning is forgotten, so that it ranges again", async () => {
    const { store } = open({ historyMax: 2 });
    for (const key of ["/a", "/b", "/c", "/d"]) await store.transact(puts(key));
    const { revision } = await store.range("/");
    const late = watchAll(store, revision - 2);
    const timely = watchAll(store, revision - 1);
    await settle(late, 1);
    await settle(timely, 2);
    expect(late).toMatchObject({ changes: [], ends: ["compacted"] });
    expect(timely.changes.map((change) => change.events)).toEqual([["/c=v"], ["/d=v"]]);
  });

  it("ends with the store", async () => {
    const { store } = open({});
    const seen = watchAll(store, 1);
    await store.transact(puts("/a"));
    await store.close();
    await settle(seen, 2);
    expect(seen).toMatchObject({ ends: ["closed"], changes: [{ events: ["/a=v"] }] });
  });
}
