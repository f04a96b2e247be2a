/** Row P7 of the bad inputs: clients that take their time. The frame deadline of 30 s is waited for. */
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { Arena, CLOSED } from "./arena.ts";
import { requestFrame } from "./client.ts";

const ATTACKER = "127.0.0.2";
const BYTE_EVERY_MS = 400;

let arena: Arena;

beforeAll(async () => {
  arena = await Arena.open({ "connections.max.idle.ms": "1000" });
});

afterAll(() => arena[Symbol.asyncDispose]());

test("P7: idle connections, and those that fall silent in a frame, end at their deadline", async () => {
  const moves = { [`${CLOSED}{reason="idle"}`]: 200 };
  await arena.attack("P7, 200 silent connections", { moves }, async () => {
    const clients = await Promise.all(Array.from({ length: 200 }, () => arena.connect(ATTACKER)));
    const half = requestFrame(MetadataApi, 12, { topics: [] }).subarray(0, 9);
    for (const client of clients.slice(100)) client.send(half);
    const startedAt = performance.now();
    await waitFor("all are closed", () => clients.every(({ isClosed }) => isClosed));
    expect(performance.now() - startedAt).toBeGreaterThan(500);
  });
});

test("P7: a frame that comes byte by byte must be whole within 30 s", async () => {
  const moves = { [`${CLOSED}{reason="frameTimeout"}`]: 50 };
  await arena.attack("P7, 50 connections, a byte at a time", { moves }, async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, () => arena.connect(ATTACKER)));
    const startedAt = performance.now();
    for (const client of clients) client.send(Buffer.from([0, 0, 4, 0]));
    const drip = setInterval(() => {
      for (const client of clients) client.send(Buffer.from([0]));
    }, BYTE_EVERY_MS);
    try {
      const allClosed = () => clients.every(({ isClosed }) => isClosed);
      await waitFor("all are closed", allClosed, { withinMs: 35_000 });
    } finally {
      clearInterval(drip);
    }
    expect(performance.now() - startedAt).toBeGreaterThan(25_000);
  });
});
