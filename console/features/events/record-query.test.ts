import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { QueryClient } from "@tanstack/react-query";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { recordQuery } from "./record-query.ts";
import { eventMessage, streamMessage } from "./testing-messages.ts";

const params = {
  topic: "orders",
  partition: 0,
  offset: 7,
  keyDecoder: "auto",
  valueDecoder: "auto",
  isWhole: false,
} as const;

afterEach(() => vi.restoreAllMocks());

describe("recordQuery()", () => {
  it("asks again for an event that was not there, and never for one that was", async () => {
    let written = false;
    const read = vi.spyOn(api, "readEvents").mockImplementation(async function* () {
      if (written) yield eventMessage(7);
      yield streamMessage("done", { reason: "end" });
    });
    const client = new QueryClient();
    const ask = (): Promise<DecodedRecord | null> => client.fetchQuery(recordQuery(params));
    expect(await ask()).toBeNull();
    written = true;
    expect(await ask()).toMatchObject({ offset: 7 });
    await ask();
    expect(read).toHaveBeenCalledTimes(2);
    client.clear();
  });

  it("keeps events of megabytes for seconds only", () => {
    expect(recordQuery(params).gcTime).toBeLessThanOrEqual(30_000);
  });
});
