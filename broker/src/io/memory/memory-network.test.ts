import { describe, expect, test } from "vitest";
import type { Socket, SocketHandlers } from "../ports.ts";
import { ManualTime } from "./manual-time.ts";
import { MemoryNetwork, type MemorySocket } from "./memory-network.ts";

interface Seen extends SocketHandlers {
  readonly text: string[];
  readonly events: string[];
}

function watch(): Seen {
  const text: string[] = [];
  const events: string[] = [];
  return {
    text,
    events,
    onData: (bytes) => void text.push(new TextDecoder().decode(bytes)),
    onDrain: () => void events.push("drain"),
    onClose: (error) => void events.push(`close ${error?.message ?? ""}`.trim()),
  };
}

async function connected(): Promise<{
  time: ManualTime;
  client: MemorySocket;
  server: Socket;
  atClient: Seen;
  atServer: Seen;
}> {
  const time = new ManualTime();
  const network = new MemoryNetwork(time);
  const sockets: Socket[] = [];
  const { port } = await network.listen({
    host: "127.0.0.1",
    port: 0,
    onSocket: (socket) => void sockets.push(socket),
  });
  const client = network.connect(port) as MemorySocket;
  time.runSoon();
  const server = sockets[0] as Socket;
  const [atClient, atServer] = [watch(), watch()];
  client.listen(atClient);
  server.listen(atServer);
  return { time, client, server, atClient, atServer };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("MemoryNetwork", () => {
  test("delivers in order, in a later turn, and closes behind the last byte", async () => {
    const { time, client, server, atClient, atServer } = await connected();
    client.write([bytes("a"), bytes("b")]);
    client.write([bytes("c")]);
    client.end();
    expect(atServer.text).toEqual([]);
    time.runSoon();
    expect(atServer.text).toEqual(["a", "b", "c"]);
    expect(atServer.events).toEqual(["close"]);
    expect(atClient.events).toEqual(["close"]);
    expect([server.localPort, server.remotePort]).toEqual([client.remotePort, client.localPort]);
  });

  test("a paused reader lets unsent bytes grow, and drains once it reads", async () => {
    const { time, client, server, atClient, atServer } = await connected();
    server.pause();
    client.write([new Uint8Array(256 * 1024), new Uint8Array(10)]);
    time.runSoon();
    expect(client.unsentBytes).toBe(10);
    expect(atClient.events).toEqual([]);
    server.resume();
    time.runSoon();
    expect(client.unsentBytes).toBe(0);
    expect(atServer.text).toHaveLength(2);
    expect(atClient.events).toEqual(["drain"]);
  });

  test("destroy() and fail() end both sides; a second listener on a port is refused", async () => {
    const first = await connected();
    first.client.write([bytes("lost")]);
    first.server.destroy();
    first.time.runSoon();
    expect([...first.atClient.events, ...first.atServer.events]).toEqual(["close", "close"]);
    const second = await connected();
    second.client.fail(new Error("cable"));
    second.time.runSoon();
    expect(second.atServer.events).toEqual(["close cable"]);
    const network = new MemoryNetwork(second.time);
    const options = { host: "h", port: 1, onSocket: () => {} };
    const listener = await network.listen(options);
    await expect(network.listen(options)).rejects.toThrow("another program");
    await listener.close();
    expect(network.connect(1)).toBeNull();
  });
});

describe("ManualTime", () => {
  test("runs timers in order of their due time, then of their making", () => {
    const time = new ManualTime();
    const ran: string[] = [];
    time.after(20, () => ran.push(`late ${time.monotonicMs()}`));
    time.after(10, () => {
      ran.push("first");
      time.after(5, () => ran.push("nested"));
      time.soon(() => ran.push("soon"));
    });
    time.after(10, () => ran.push("second"));
    time.after(10, () => ran.push("never")).cancel();
    time.advance(20);
    expect(ran).toEqual(["first", "soon", "second", "nested", "late 20"]);
    expect(time.timerCount).toBe(0);
    expect(time.monotonicMs()).toBe(20);
  });

  test("advanceAsync() lets promises settle between timers", async () => {
    const time = new ManualTime();
    const ran: number[] = [];
    const sleep = (spanMs: number): Promise<void> =>
      new Promise((resolve) => time.after(spanMs, resolve));
    const work = (async () => {
      await sleep(5);
      ran.push(time.monotonicMs());
      await sleep(5);
      ran.push(time.monotonicMs());
    })();
    await time.advanceAsync(10);
    await work;
    expect(ran).toEqual([5, 10]);
  });
});
