import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { QueryClient } from "@tanstack/react-query";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { recordQuery } from "./record-query.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const query = recordQuery({
  topic: "orders",
  partition: 0,
  offset: 7,
  keyDecoder: "auto",
  valueDecoder: "auto",
  isWhole: false,
});

/** The broker has the event `found`, or none. */
function brokerHas(found: DecodedRecord | null): void {
  async function* stream(): AsyncGenerator<EventStreamMessage, void> {
    if (found !== null) yield await Promise.resolve({ event: "event" as const, data: found });
  }
  vi.spyOn(api, "readEvents").mockImplementation(stream);
}

const event = (timestamp: number): DecodedRecord =>
  ({ partition: 0, offset: 7, timestamp }) as DecodedRecord;

describe("recordQuery()", () => {
  it("asks again for what was not there yet, and not for what was", async () => {
    const client = new QueryClient();
    brokerHas(null);
    expect(await client.fetchQuery(query)).toBeNull();
    brokerHas(event(1));
    expect(await client.fetchQuery(query)).toEqual(event(1));
    brokerHas(event(2));
    expect(await client.fetchQuery(query)).toEqual(event(1));
    client.clear();
  });

  it("asks again once its topic was changed, which may be another one of its name", async () => {
    const client = new QueryClient();
    brokerHas(event(1));
    await client.fetchQuery(query);
    await client.invalidateQueries({ queryKey: topicKeys.all });
    brokerHas(event(2));
    expect(await client.fetchQuery(query)).toEqual(event(2));
    client.clear();
  });

  it("does not keep for minutes what nobody looks at", async () => {
    vi.useFakeTimers();
    const client = new QueryClient();
    brokerHas(event(1));
    await client.fetchQuery(query);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(client.getQueryData(query.queryKey)).toBeUndefined();
  });
});
