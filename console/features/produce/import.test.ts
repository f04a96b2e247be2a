import { ApiError } from "@runnel/contracts/client.ts";
import type { ProduceResponse } from "@runnel/contracts/records.ts";
import { describe, expect, it } from "vitest";
import { type ImportBatch, ImportSource } from "./import-file.ts";
import { continueRun, heldPlace, type ImportRun, newRun, skipHeld } from "./import-run.ts";

const CHOICES = { keepsPartition: true, keepsTime: true };

const line = (index: number): string =>
  JSON.stringify({ partition: 1, timestamp: 7, value: { encoding: "utf8", data: `v-${index}` } });

const sourceOf = (count: number): ImportSource =>
  new ImportSource("ndjson", Array.from({ length: count }, (_, index) => line(index)).join("\n"));

describe("ImportSource", () => {
  it("cuts a file into requests that the broker takes, and loses nothing", () => {
    const source = sourceOf(1_203);
    const seen: unknown[] = [];
    for (let at: number | null = 0; at !== null; ) {
      const batch: ImportBatch = source.batch(at, CHOICES);
      expect(batch.records.length).toBeLessThanOrEqual(500);
      expect(batch.places).toHaveLength(batch.records.length);
      seen.push(...batch.records);
      at = batch.next;
    }
    expect(seen).toHaveLength(1_203);
    expect(seen[1_202]).toEqual({
      key: null,
      value: { encoding: "utf8", data: "v-1202" },
      partition: 1,
      timestamp: 7,
    });
  });

  it("makes a request of its own of what is large, and says which is too large", () => {
    const data = "ü".repeat(300_000);
    const large = JSON.stringify({ value: { encoding: "utf8", data } });
    const source = new ImportSource("ndjson", `${large}\n${large}\n${line(0)}`);
    expect(source.batch(0, CHOICES)).toMatchObject({ places: [1], next: 1 });
    const huge = JSON.stringify({ value: { encoding: "utf8", data: data + data } });
    const { errors, errorCount } = new ImportSource("ndjson", `${line(0)}\n${huge}`).summary;
    expect(errorCount).toBe(1);
    expect(errors[0]).toMatchObject({ place: 2 });
  });

  it("leaves partition and time to the broker where that is wanted", () => {
    const batch = sourceOf(1).batch(0, { keepsPartition: false, keepsTime: false });
    expect(batch.records).toEqual([{ key: null, value: { encoding: "utf8", data: "v-0" } }]);
  });

  it("shows the first of them, null apart from empty", () => {
    const text = '{"key":{"encoding":"utf8","data":""},"value":null}';
    expect(new ImportSource("ndjson", text).summary.preview).toEqual([
      { place: 1, partition: null, timestamp: null, key: "", value: null, headerCount: 0 },
    ]);
  });
});

describe("continueRun()", () => {
  const answer = (batch: ImportBatch, refusedAt: number | null = null): ProduceResponse => ({
    isDryRun: false,
    results: batch.records.map((_, index) => ({
      partition: index % 2,
      offset: index === refusedAt ? null : index,
      timestamp: null,
      error: index === refusedAt ? "too large" : null,
    })),
  });
  const run = (
    count: number,
    send: (batch: ImportBatch, id: string) => Promise<ProduceResponse>,
    more: { readonly from?: ImportRun; readonly isStopped?: () => boolean } = {},
  ): Promise<ImportRun> => {
    const source = sourceOf(count);
    return continueRun({
      from: newRun(false),
      batch: (start) => Promise.resolve(source.batch(start, CHOICES)),
      send,
      onProgress: () => undefined,
      isStopped: () => false,
      ...more,
    });
  };

  it("says which record was refused, and goes on with the rest", async () => {
    const end = await run(1_200, (batch, id) =>
      Promise.resolve(answer(batch, id === "500" ? 3 : null)),
    );
    expect(end).toMatchObject({
      status: "done",
      taken: 1_199,
      refusedCount: 1,
      refused: [{ place: 504, message: "too large" }],
    });
    expect(end.spans.map(({ count }) => count)).toEqual([600, 599]);
  });

  it("waits at a request that failed: it is sent again under the same id, or skipped", async () => {
    const ids: string[] = [];
    const failing = (batch: ImportBatch, id: string): Promise<ProduceResponse> => {
      ids.push(id);
      return ids.length === 2 ? Promise.reject(new Error("gone")) : Promise.resolve(answer(batch));
    };
    const held = await run(1_200, failing);
    expect(held).toMatchObject({ status: "held", taken: 500, at: 500 });
    const again = await run(1_200, failing, { from: held });
    expect(again).toMatchObject({ status: "done", taken: 1_200, refusedCount: 0 });
    expect(ids).toEqual(["0", "500", "500", "1000"]);
    const skipped = await run(1_200, failing, { from: skipHeld(held) });
    expect(skipped).toMatchObject({ status: "done", taken: 700, refusedCount: 500 });
    expect(skipped.refused[0]).toEqual({ place: 501, message: "gone" });
  });

  it("stops between two requests, so that it is known what was produced", async () => {
    let sent = 0;
    const end = await run(
      1_200,
      (batch) => {
        sent += 1;
        return Promise.resolve(answer(batch));
      },
      { isStopped: () => sent === 1 },
    );
    expect(end).toMatchObject({ status: "stopped", taken: 500, at: 500 });
  });

  it("translates what the broker complains about into a line of the file", () => {
    const errors = [{ in: "body" as const, field: "records.3.partition", message: "there are 2" }];
    const problem = { type: "", title: "", status: 400, detail: "", remedy: "", errors };
    const batch = sourceOf(10).batch(0, CHOICES);
    expect(heldPlace({ batch, error: new ApiError(problem) })).toEqual({
      place: 4,
      message: "partition: there are 2",
    });
    expect(heldPlace({ batch, error: new Error("x") })).toBeNull();
  });
});
