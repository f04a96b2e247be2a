import { describe, expect, it } from "vitest";
import { sendPaced } from "./paced.ts";

describe("sendPaced()", () => {
  it("sends all of it, numbered, and never more than the rate", async () => {
    const sent: (readonly [number, number])[] = [];
    const waits: number[] = [];
    const count = await sendPaced({
      count: 10,
      perSecond: 12,
      send: (first, many) => {
        sent.push([first, many]);
        return Promise.resolve();
      },
      signal: new AbortController().signal,
      wait: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    });
    expect(count).toBe(10);
    expect(sent.reduce((sum, [, many]) => sum + many, 0)).toBe(10);
    expect(sent.map(([first]) => first)).toEqual([1, 3, 5, 8, 10]);
    expect(waits).toHaveLength(4);
  });

  it("ends where somebody stops it, and where sending fails", async () => {
    const controller = new AbortController();
    const options = {
      count: 10,
      perSecond: 5,
      signal: controller.signal,
      wait: () => Promise.resolve(),
    };
    const stopping = sendPaced({
      ...options,
      send: (first) => {
        if (first === 3) controller.abort();
        return Promise.resolve();
      },
    });
    expect(await stopping).toBe(3);
    const signal = new AbortController().signal;
    const failing = { ...options, signal, send: () => Promise.reject(new Error("no")) };
    await expect(sendPaced(failing)).rejects.toThrow("no");
  });
});
