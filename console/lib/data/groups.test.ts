import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";
import { api } from "../api.ts";
import { everyGroupOffsetQuery } from "./groups.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("everyGroupOffsetQuery() has the offsets of all pages", async () => {
  const offset = {
    topic: "orders",
    committedOffset: 1,
    committedAt: null,
    leaderEpoch: null,
    metadata: null,
    pending: [],
    logStart: null,
    highWatermark: null,
    lag: null,
    isLost: false,
    memberId: null,
    clientId: null,
    clientHost: null,
  };
  vi.spyOn(api, "listGroupOffsets").mockImplementation(({ query }) => {
    const partition = Number(query?.cursor ?? "0");
    const nextCursor = partition < 2 ? String(partition + 1) : null;
    return Promise.resolve({ items: [{ ...offset, partition }], nextCursor, total: 3, etag: "e" });
  });
  const { rows, isAll } = await new QueryClient().fetchQuery(everyGroupOffsetQuery("g"));
  expect(rows.map(({ partition }) => partition)).toEqual([0, 1, 2]);
  expect(isAll).toBe(true);
});
