import { setInt32 } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { type LogFields, type Logger, silentLogger } from "@runnel/kit/world.ts";
import { describe, expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryNetwork, type MemorySocket } from "#io/memory/memory-network.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { ByteBudget } from "./byte-budget.ts";
import { ConnectionAbort } from "./connection-abort.ts";
import { DEFAULT_LIMITS, type NetLimits } from "./limits.ts";
import { type KafkaListener, openKafkaListener } from "./listener.ts";
import type { Peer, Reply } from "./ports.ts";
import { NetProbe } from "./probe.ts";

interface Request {
  readonly text: string;
  readonly peer: Peer;
  readonly receivedAt: number;
  readonly reply: Reply;
}

interface Client {
  readonly socket: MemorySocket;
  /** Bodies of the response frames received. */
  readonly answers: string[];
  isClosed: boolean;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function frame(body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === "string" ? text(body) : body;
  const whole = new Uint8Array(4 + bytes.length);
  setInt32(whole, 0, bytes.length);
  whole.set(bytes, 4);
  return whole;
}

/** A listener whose requests are held until the test answers them; `!x` is answered with x at once. */
class Bench {
  readonly time = new ManualTime();
  readonly network = new MemoryNetwork(this.time);
  readonly requests: Request[] = [];
  readonly lines: {
    readonly level: string;
    readonly fields: LogFields;
    readonly message: string;
  }[] = [];
  readonly budget: ByteBudget;
  readonly probe: NetProbe;
  readonly #limits: NetLimits;
  #listener: KafkaListener | null = null;

  constructor(limits: Partial<NetLimits> = {}, budgetBytes = 64 * 1024 * 1024) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.budget = new ByteBudget(() => budgetBytes, this.time);
    this.probe = new NetProbe(new MetricRegistry(), this.budget);
  }

  get listener(): KafkaListener {
    return this.#listener as KafkaListener;
  }

  async open(asksWho = false): Promise<this> {
    const note = (level: string) => (fields: LogFields, message: string) =>
      void this.lines.push({ level, fields, message });
    const logger: Logger = {
      ...silentLogger,
      info: note("info"),
      warn: note("warn"),
      error: note("error"),
    };
    this.#listener = await openKafkaListener({
      name: "PLAINTEXT",
      host: "127.0.0.1",
      port: 0,
      network: this.network,
      clock: this.time,
      scheduler: this.time,
      logger,
      allocate: (length) => new Uint8Array(length),
      limits: this.#limits,
      budget: this.budget,
      probe: this.probe,
      asksWho,
      dispatch: (bytes, peer, receivedAt, reply) => {
        const body = new TextDecoder().decode(bytes);
        if (body === "bad") throw new DecodeError("bad body \u001b[31m");
        if (body === "bug") throw new TypeError("a bug");
        if (body.startsWith("!")) reply.send([frame(body.slice(1))]);
        else this.requests.push({ text: body, peer, receivedAt, reply });
      },
    });
    return this;
  }

  connect(from = "127.0.0.1"): Client {
    const socket = this.network.connect(this.listener.port, from) as MemorySocket;
    let received = Buffer.alloc(0);
    const client: Client = { socket, answers: [], isClosed: false };
    socket.listen({
      onData: (bytes) => {
        received = Buffer.concat([received, bytes]);
        while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
          const end = 4 + received.readInt32BE(0);
          client.answers.push(received.subarray(4, end).toString());
          received = received.subarray(end);
        }
      },
      onDrain: () => {},
      onClose: () => {
        client.isClosed = true;
      },
    });
    this.time.runSoon();
    return client;
  }

  send(client: Client, ...bodies: (string | Uint8Array)[]): void {
    client.socket.write([Buffer.concat(bodies.map(frame))]);
    this.time.runSoon();
  }

  /** Answers the held request `body`. */
  answer(body: string, ...parts: string[]): void {
    const index = this.requests.findIndex((request) => request.text === body);
    const [request] = this.requests.splice(index, 1);
    const whole = frame(parts.join(""));
    request?.reply.send([whole.subarray(0, 4), whole.subarray(4)]);
    this.time.runSoon();
  }

  closed(reason: string): number {
    return this.probe.closed.get(reason).value;
  }

  get held(): string[] {
    return this.requests.map((request) => request.text);
  }
}

describe("order", () => {
  test("requests come in order of arrival; answers leave in the same, whenever they are ready", async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    bench.send(client, "a", "b", "!c", "d");
    expect(bench.held).toEqual(["a", "b", "d"]);
    bench.answer("d", "D");
    bench.answer("b", "B");
    expect(client.answers).toEqual([]);
    bench.answer("a", "A");
    expect(client.answers).toEqual(["A", "B", "c", "D"]);
    expect(bench.listener.inFlightRequests).toBe(0);
    expect(bench.budget.heldBytes).toBe(0);
  });

  test("a request without an answer (acks 0) sends nothing and holds nothing up", async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    bench.send(client, "a", "b");
    bench.answer("b", "B");
    bench.requests[0]?.reply.send(null);
    bench.time.runSoon();
    expect(client.answers).toEqual(["B"]);
  });

  test("a request knows its peer and when it was received", async () => {
    const bench = await new Bench().open();
    bench.time.advance(5);
    const client = bench.connect("10.0.0.7");
    bench.time.advance(5);
    bench.send(client, "a");
    const request = bench.requests[0] as Request;
    expect(request.receivedAt).toBe(10);
    expect(request.peer).toMatchObject({
      listenerName: "PLAINTEXT",
      clientHost: "/10.0.0.7",
      localAddress: "127.0.0.1",
      localPort: bench.listener.port,
    });
  });
});

describe("back-pressure", () => {
  test("P7: no more than the allowed requests are under way; the rest waits unread", async () => {
    const bench = await new Bench({ inFlightRequestsMax: 3 }).open();
    const client = bench.connect();
    bench.send(client, ...Array.from({ length: 10 }, (_, i) => `r${i}`));
    expect(bench.held).toEqual(["r0", "r1", "r2"]);
    expect(bench.probe.readPauses.value).toBe(1);
    bench.send(client, "later");
    bench.answer("r0", "0");
    expect(bench.held).toEqual(["r1", "r2", "r3"]);
    while (bench.held.length > 0) bench.answer(bench.held[0] as string, "x");
    expect(client.answers).toHaveLength(11);
  });

  test("P7: a client that does not read its answers is not read, and gets them when it does", async () => {
    const bench = await new Bench({ unsentBytesPause: 100_000 }).open();
    const client = bench.connect();
    client.socket.pause();
    const large = `!${"x".repeat(99_999)}`;
    for (let i = 0; i < 20; i += 1) bench.send(client, large);
    const read = bench.probe.receivedBytes.value;
    expect(read).toBeLessThan(700_000);
    bench.send(client, large);
    expect(bench.probe.receivedBytes.value).toBe(read);
    client.socket.resume();
    bench.time.runSoon();
    expect(client.answers).toHaveLength(21);
  });

  test("P7: a connection whose unsent answers pass the limit ends", async () => {
    const bench = await new Bench({ unsentBytesMax: 1_000_000 }).open();
    const client = bench.connect();
    client.socket.pause();
    bench.send(client, "a", "b");
    bench.answer("a", "x".repeat(900_000));
    expect(client.isClosed).toBe(false);
    bench.answer("b", "x".repeat(900_000));
    expect(client.isClosed).toBe(true);
    expect(bench.closed("unsentBytes")).toBe(1);
    expect(bench.budget.heldBytes).toBe(0);
  });

  test("P2: over the budget large requests wait in line, small ones go on, all get through", async () => {
    const bench = await new Bench({}, 300_000).open();
    const [a, b, c, small] = [bench.connect(), bench.connect(), bench.connect(), bench.connect()];
    const large = (name: string): Uint8Array => text(name.repeat(200_000));
    const half = (name: string): Uint8Array => frame(large(name)).subarray(0, 150_004);
    const rest = (name: string): Uint8Array => frame(large(name)).subarray(150_004);
    const push = (client: Client, bytes: Uint8Array): void => {
      client.socket.write([bytes]);
      bench.time.runSoon();
    };
    push(a, half("a"));
    push(b, half("b"));
    push(c, half("c"));
    expect(bench.budget.heldBytes).toBe(450_000);
    // Mostly half frames fill the budget: one of the connections that wait may go on alone.
    for (const [client, name] of [
      [a, "a"],
      [b, "b"],
      [c, "c"],
    ] as const)
      push(client, rest(name));
    bench.send(small, "!polite");
    expect(small.answers).toEqual(["polite"]);
    const seen: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const request = bench.requests.shift() as Request;
      seen.push(request.text.slice(0, 1));
      request.reply.send([frame("ok")]);
      bench.time.runSoon();
    }
    expect(seen.toSorted()).toEqual(["a", "b", "c"]);
    expect([a, b, c].map((client) => client.answers)).toEqual([["ok"], ["ok"], ["ok"]]);
    expect(bench.budget.heldBytes).toBe(0);
    expect(bench.budget.waiterCount).toBe(0);
  });
});

describe("deadlines", () => {
  test("P7: a frame that does not get whole in 30 s ends its connection", async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    const bytes = frame("slow request");
    client.socket.write([bytes.subarray(0, 3)]);
    for (let i = 3; i < 6; i += 1) {
      bench.time.advance(10_000);
      client.socket.write([bytes.subarray(i, i + 1)]);
    }
    bench.time.advance(2_000);
    expect(client.isClosed).toBe(true);
    expect(bench.closed("frameTimeout")).toBe(1);
  });

  test("a header and then silence counts as a frame that was begun", async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    client.socket.write([frame("never").subarray(0, 4)]);
    bench.time.advance(29_000);
    expect(client.isClosed).toBe(false);
    bench.time.advance(3_000);
    expect(client.isClosed).toBe(true);
  });

  test("a large frame that keeps coming gets more time", async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    client.socket.write([frame(new Uint8Array(8_000_000)).subarray(0, 4)]);
    for (let second = 0; second < 60; second += 1) {
      client.socket.write([new Uint8Array(100_000)]);
      bench.time.advance(1_000);
    }
    expect(client.isClosed).toBe(false);
    bench.time.advance(300_000);
    expect(bench.closed("frameTimeout")).toBe(1);
  });

  test("an idle connection ends after 10 min; one with a request under way does not", async () => {
    const bench = await new Bench().open();
    const [idle, busy] = [bench.connect(), bench.connect()];
    bench.send(busy, "park");
    bench.time.advance(599_000);
    expect(idle.isClosed).toBe(false);
    bench.time.advance(3_000);
    expect([idle.isClosed, busy.isClosed]).toEqual([true, false]);
    bench.answer("park", "x");
    bench.time.advance(1_300_000);
    expect(busy.isClosed).toBe(true);
    expect(bench.closed("idle")).toBe(2);
    expect(bench.time.timerCount).toBe(0);
  });

  test("P7: a client that never reads its answers is cut", async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    client.socket.pause();
    bench.send(client, "a");
    bench.answer("a", "x".repeat(3_000_000));
    bench.time.advance(602_000);
    expect(client.isClosed).toBe(true);
    expect(bench.closed("unread")).toBe(1);
  });

  test("P7: where clients must authenticate, one that does not is cut after 10 s", async () => {
    const bench = await new Bench().open(true);
    const [silent, known] = [bench.connect(), bench.connect()];
    bench.send(known, "hello");
    bench.requests[0]?.peer.markAuthenticated();
    bench.time.advance(12_000);
    expect([silent.isClosed, known.isClosed]).toEqual([true, false]);
    expect(bench.closed("authenticationTimeout")).toBe(1);
  });
});

describe("refusals", () => {
  test("P1: before authentication a frame is at most 512 KiB, afterwards 100 MiB", async () => {
    const bench = await new Bench().open(true);
    const [client, known] = [bench.connect(), bench.connect()];
    bench.send(client, new Uint8Array(512 * 1024 + 1));
    expect(client.isClosed).toBe(true);
    bench.send(known, "hello");
    bench.requests[0]?.peer.markAuthenticated();
    bench.answer("hello", "x");
    bench.send(known, new Uint8Array(512 * 1024 + 1));
    expect(known.isClosed).toBe(false);
  });

  test("what cannot be decoded ends the connection behind the answers before it", async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    bench.send(client, "first", "bad", "!never");
    expect(client.isClosed).toBe(false);
    bench.answer("first", "1");
    expect(client.answers).toEqual(["1"]);
    expect(client.isClosed).toBe(true);
    expect(bench.closed("badRequest")).toBe(1);
    expect(bench.probe.decodeFailures.value).toBe(1);
    expect(bench.lines.map(({ fields }) => fields["reason"])).toEqual(["bad body \\u{1b}[31m"]);
  });

  test("a bug in a handler, at once or later, ends only its connection", async () => {
    const bench = await new Bench().open();
    const [one, two, three] = [bench.connect(), bench.connect(), bench.connect()];
    bench.send(one, "bug");
    bench.send(two, "park");
    bench.requests[0]?.reply.fail(new Error("disk"));
    bench.requests[0]?.reply.send([frame("too late")]);
    bench.send(three, "!fine");
    expect([one.isClosed, two.isClosed, three.isClosed]).toEqual([true, true, false]);
    expect(bench.probe.requestFailures.value).toBe(2);
    expect(bench.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("a request that takes no answer and is refused ends its connection, and is no failure of ours", async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    bench.send(client, "park");
    bench.requests[0]?.reply.fail(new ConnectionAbort("no such topic"));
    bench.time.runSoon();
    expect(client.isClosed).toBe(true);
    expect(bench.closed("refused")).toBe(1);
    expect(bench.probe.requestFailures.value).toBe(0);
    expect(bench.lines).toMatchObject([{ level: "info", fields: { reason: "no such topic" } }]);
  });

  test("bad clients write one line a second, with how many it stands for", async () => {
    const bench = await new Bench().open();
    for (let i = 0; i < 50; i += 1) bench.send(bench.connect(), new Uint8Array(0));
    expect(bench.lines).toHaveLength(1);
    bench.time.advance(1_000);
    bench.send(bench.connect(), new Uint8Array(0));
    expect(bench.lines).toHaveLength(2);
    expect(bench.lines[1]?.fields).toMatchObject({ suppressed: 49 });
    expect(bench.closed("badFrame")).toBe(51);
  });

  test("P7: connections beyond the caps, in all and per address, are closed as they come", async () => {
    const bench = await new Bench({ connectionsMax: 3, connectionsPerAddressMax: 2 }).open();
    const clients = [1, 1, 1, 2, 3].map((host) => bench.connect(`10.0.0.${host}`));
    expect(clients.map((client) => client.isClosed)).toEqual([false, false, true, false, true]);
    expect([bench.closed("tooManyFromAddress"), bench.closed("tooMany")]).toEqual([1, 1]);
    clients[0]?.socket.end();
    bench.time.runSoon();
    expect(bench.connect("10.0.0.1").isClosed).toBe(false);
    expect(bench.probe.openConnections).toBe(3);
  });
});

describe("stop()", () => {
  test("answers what is under way, takes nothing new, cuts what is late", async () => {
    const bench = await new Bench().open();
    const [idle, busy, stuck] = [bench.connect(), bench.connect(), bench.connect()];
    bench.send(busy, "a", "b");
    bench.send(stuck, "park");
    const stopped = bench.listener.stop(5_000);
    await bench.time.settle();
    expect(idle.isClosed).toBe(true);
    expect(bench.network.connect(bench.listener.port)).toBeNull();
    bench.send(busy, "late");
    bench.answer("a", "A");
    bench.answer("b", "B");
    expect(busy.answers).toEqual(["A", "B"]);
    expect(busy.isClosed).toBe(true);
    expect(bench.held).toEqual(["park"]);
    await bench.time.advanceAsync(5_000);
    expect(await stopped).toBe(1);
    expect(stuck.isClosed).toBe(true);
    expect(bench.closed("stopping")).toBe(3);
  });
});
