import { silentLogger } from "@runnel/kit/world.ts";
import { expect, test } from "vitest";
import { streamHead, streamResponse } from "./event-stream.ts";

test("a client that leaves between two chunks ends what makes them", async () => {
  const control = new AbortController();
  const ended = Promise.withResolvers<string>();
  async function* chunks(): AsyncGenerator<string, void> {
    try {
      for (let n = 0; ; n += 1) yield `chunk ${n}`;
    } finally {
      ended.resolve(control.signal.aborted ? "aborted first" : "not aborted");
    }
  }
  const options = { control, onFailure: () => "", logger: silentLogger };
  const reader = streamResponse(chunks(), options).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("chunk 0");
  // One more is made in advance; then nothing is asked for.
  await new Promise<void>((resolve) => setImmediate(resolve));
  await reader?.cancel();
  expect(await ended.promise).toBe("aborted first");
});

test("HEAD has the headers of a stream and no body", () => {
  const { body, headers } = streamHead();
  expect(body).toBeNull();
  expect(headers.get("content-type")).toContain("text/event-stream");
});
