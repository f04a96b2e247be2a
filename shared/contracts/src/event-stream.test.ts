import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMessages, type StreamMessage } from "./event-stream.ts";

function streamOf(chunks: readonly Uint8Array[], onCancel = () => {}): ReadableStream<Uint8Array> {
  const rest = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const next = rest.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
    cancel: onCancel,
  });
}

async function read(chunks: readonly Uint8Array[]): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = [];
  for await (const message of readMessages(streamOf(chunks))) messages.push(message);
  return messages;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("readMessages()", () => {
  test("events, data, ids and comments, however the stream is cut", async () => {
    const text =
      ": hello\nevent: phase\ndata: {}\n\nid: c1\nevent: event\ndata: ä\ndata:two\n\n\r\ndata\n\nevent: x\n\n";
    const expected = [
      { event: "phase", data: "{}", id: "" },
      { event: "event", data: "ä\ntwo", id: "c1" },
      { event: "message", data: "", id: "c1" },
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes(text).length })), async (cuts) => {
        const whole = bytes(text);
        const edges = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const chunks = edges.slice(1).map((end, index) => whole.subarray(edges[index], end));
        expect(await read(chunks)).toEqual(expected);
      }),
    );
  });

  test("a stream that ends within a message loses it", async () => {
    expect(await read([bytes("data: a\n\ndata: b\n")])).toEqual([
      { event: "message", data: "a", id: "" },
    ]);
  });

  test("leaving the iteration cancels the stream", async () => {
    let isCancelled = false;
    const stream = streamOf([bytes("data: a\n\n"), bytes("data: b\n\n")], () => {
      isCancelled = true;
    });
    for await (const message of readMessages(stream)) {
      expect(message.data).toBe("a");
      break;
    }
    expect(isCancelled).toBe(true);
  });
});
