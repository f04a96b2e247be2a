/**
 * Rows P1, P2 and P7 of the bad inputs, over loopback: whatever one client does, the process lives, its
 * memory grows by at most 64 MiB, another client gets its answers, the log has a line a second at most.
 */
import { once } from "node:events";
import * as net from "node:net";
import { assert } from "@runnel/kit/assert.ts";
import { type LogFields, silentLogger } from "@runnel/kit/world.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createNodeWorld } from "#io/node/world.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { ByteBudget } from "./byte-budget.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { type KafkaListener, openKafkaListener } from "./listener.ts";
import { NetProbe } from "./probe.ts";

const MIB = 1024 * 1024;
const LARGE = Buffer.alloc(4 + MIB);
LARGE.writeInt32BE(MIB);

let listener: KafkaListener;
let probe: NetProbe;
let budget: ByteBudget;
let lines: LogFields[];
let dispatched: number;
let clients: net.Socket[];
let polite: PoliteClient;
let rssBefore: number;
let isMemoryMeasured: boolean;

/** Sends a request, waits for its answer, and so on, until it is stopped. */
class PoliteClient {
  answers = 0;
  #socket: net.Socket | null = null;

  async start(port: number): Promise<void> {
    const socket = await connect(port);
    this.#socket = socket;
    socket.on("data", () => {
      this.answers += 1;
      if (!socket.destroyed) socket.write(frame("!polite"));
    });
    socket.write(frame("!polite"));
  }

  /** Resolves when `count` more answers have come. */
  async progress(count: number): Promise<void> {
    const target = this.answers + count;
    while (this.answers < target) await once(this.#socket as net.Socket, "data");
  }
}

function frame(body: string | Buffer): Buffer {
  const bytes = Buffer.from(body as string);
  const whole = Buffer.alloc(4 + bytes.length);
  whole.writeInt32BE(bytes.length);
  bytes.copy(whole, 4);
  return whole;
}

async function connect(port: number = listener.port): Promise<net.Socket> {
  const socket = net.connect(port, "127.0.0.1");
  clients.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

async function isClosed(socket: net.Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await once(socket, "close");
}

beforeEach(async () => {
  const world = createNodeWorld({ logger: silentLogger });
  [lines, clients, dispatched, isMemoryMeasured] = [[], [], 0, true];
  const note = (fields: LogFields): void => void lines.push(fields);
  budget = new ByteBudget(() => 64 * MIB, world.scheduler);
  probe = new NetProbe(new MetricRegistry(), budget);
  listener = await openKafkaListener({
    name: "PLAINTEXT",
    host: "127.0.0.1",
    port: 0,
    network: world.network,
    clock: world.clock,
    scheduler: world.scheduler,
    logger: { ...silentLogger, warn: note, error: note },
    allocate: world.disk.allocate,
    limits: { ...DEFAULT_LIMITS, connectionsPerAddressMax: 3_000 },
    budget,
    probe,
    dispatch(bytes, _peer, _receivedAt, reply) {
      dispatched += 1;
      const first = bytes[0];
      // "!" is answered at once, "L" with a MiB, and anything else never.
      if (first === 0x21) reply.send([frame(Buffer.from(bytes.subarray(1)))]);
      else if (first === 0x4c) reply.send([LARGE]);
    },
  });
  polite = new PoliteClient();
  await polite.start(listener.port);
  await polite.progress(50);
  rssBefore = process.memoryUsage.rss();
});

afterEach(async () => {
  await polite.progress(20);
  const grownBytes = process.memoryUsage.rss() - rssBefore;
  assert(!isMemoryMeasured || grownBytes < 64 * MIB, `memory grew by ${grownBytes} bytes`);
  for (const socket of clients) socket.destroy();
  await listener.stop(1_000);
  assert(budget.heldBytes === 0, `${budget.heldBytes} bytes are booked after the end`);
  assert(probe.openConnections === 0, `${probe.openConnections} connections are left`);
});

describe("P1", () => {
  test("impossible lengths close the connection at once, and are counted", async () => {
    for (const length of [-1, 0, 0x7fff_ffff, -0x8000_0000, 100 * MIB + 1]) {
      const socket = await connect();
      const header = Buffer.alloc(4);
      header.writeInt32BE(length);
      socket.write(header);
      await isClosed(socket);
    }
    await polite.progress(5);
    expect(probe.closed.get("badFrame").value).toBe(5);
    expect(probe.decodeFailures.value).toBe(5);
    expect(lines.length).toBeLessThanOrEqual(2);
  });

  test("HTTP and TLS on the Kafka port are told apart in the log", async () => {
    const http = await connect();
    http.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await isClosed(http);
    expect(lines[0]?.["reason"]).toContain("speaks HTTP");
    const tls = await connect();
    tls.write(Buffer.from("16030102000100", "hex"));
    await isClosed(tls);
    await polite.progress(5);
    expect(probe.closed.get("badFrame").value).toBe(2);
  });

  test("announcing 100 MiB costs nothing: 200 connections do, and send 1 KiB of it", async () => {
    const header = Buffer.alloc(4 + 1024);
    header.writeInt32BE(100 * MIB);
    for (let i = 0; i < 200; i += 1) (await connect()).write(header);
    await polite.progress(200);
    expect(budget.heldBytes).toBeLessThan(MIB);
  });
});

test("P2: half-sent large frames stop at the budget; small requests go on", async () => {
  const header = Buffer.alloc(4);
  header.writeInt32BE(90 * MIB);
  const chunk = Buffer.alloc(16 * MIB);
  for (let i = 0; i < 8; i += 1) {
    const socket = await connect();
    socket.write(header);
    socket.write(chunk);
  }
  while (budget.waiterCount < 5) await polite.progress(10);
  await polite.progress(200);
  expect(budget.heldBytes).toBeLessThan(100 * MIB);
  // Both ends are in this process: what the clients hold is not the listener's.
  for (const socket of clients.slice(1)) socket.destroy();
  while (budget.heldBytes > MIB) await polite.progress(10);
  isMemoryMeasured = false;
});

describe("P7", () => {
  test("2,000 idle connections leave others alone; what exceeds the cap is closed", async () => {
    for (let i = 0; i < 2_000; i += 1) await connect();
    expect(probe.openConnections).toBe(2_001);
    await polite.progress(100);
  });

  test("100,000 pipelined requests that are never answered: 64 are under way", async () => {
    const socket = await connect();
    const many = Buffer.concat(Array.from({ length: 100_000 }, () => frame("never answered")));
    socket.write(many);
    await polite.progress(200);
    expect(listener.inFlightRequests).toBeLessThanOrEqual(65);
    expect(probe.readPauses.value).toBeGreaterThan(0);
  });

  test("100,000 pipelined requests that are answered at once all get their answer", async () => {
    const socket = await connect();
    let received = 0;
    const done = new Promise<void>((resolve) => {
      socket.on("data", (bytes: Buffer) => {
        received += bytes.length;
        if (received === 100_000 * 6) resolve();
      });
    });
    const many = Buffer.concat(Array.from({ length: 100_000 }, () => frame("!ok")));
    socket.write(many);
    await done;
    expect(dispatched).toBeGreaterThan(100_000);
  });

  test("a client that asks for 1,000 answers of a MiB and reads none is not served on", async () => {
    const socket = await connect();
    socket.pause();
    socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => frame("Large"))));
    await polite.progress(500);
    expect(dispatched).toBeLessThan(1_000);
    expect(socket.closed).toBe(false);
    // Once it reads, it gets all of them.
    let received = 0;
    const done = new Promise<void>((resolve) => {
      socket.on("data", (bytes: Buffer) => {
        received += bytes.length;
        if (received === 1_000 * LARGE.length) resolve();
      });
    });
    socket.resume();
    await done;
  });
});
