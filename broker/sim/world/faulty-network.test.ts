import { expect, test } from "vitest";
import type { Socket } from "#io/ports.ts";
import { chanceOf } from "./chance.ts";
import { FaultyNetwork, type SimSocket } from "./faulty-network.ts";
import { Life } from "./life.ts";
import { SimTime } from "./time.ts";
import { calmWeather } from "./weather.ts";

const text = new TextDecoder();
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A server that notes what it gets, and one client. */
async function connected(seed: number) {
  const time = new SimTime();
  const { network: weather } = calmWeather();
  const network = new FaultyNetwork({ time, chance: chanceOf(seed, "network"), weather });
  const server = new Life();
  const seen: string[] = [];
  const sockets: Socket[] = [];
  const note = (who: string, socket: Socket): void => {
    socket.listen({
      onData: (data) => seen.push(`${who}: ${text.decode(data)}`),
      onDrain() {},
      onClose: (error) => seen.push(`${who}: closed${error === null ? "" : " by an error"}`),
    });
  };
  await network.of(server).listen({
    host: "127.0.0.1",
    port: 9092,
    onSocket(socket) {
      sockets.push(socket);
      note("server", socket);
    },
  });
  const client = network.connect(new Life(), 9092) as SimSocket;
  note("client", client);
  const settle = (spanMs = 100): Promise<boolean> =>
    time.run(() => false, time.monotonicMs() + spanMs);
  await settle();
  return { time, weather, network, server, client, sockets, seen, settle };
}

test("bytes arrive in order, whatever pieces they come in, and an end closes both sides", async () => {
  const { weather, client, sockets, seen, settle } = await connected(1);
  weather.splitShare = 1;
  weather.delayMsMax = 50;
  for (const word of ["one ", "two ", "three "]) client.write([bytes(word), bytes("and ")]);
  await settle(500);
  expect(seen.map((line) => line.replace("server: ", "")).join("")).toBe(
    "one and two and three and ",
  );
  expect(seen.length).toBeGreaterThan(3);
  sockets[0]?.end();
  await settle();
  expect(seen.slice(-2).toSorted()).toEqual(["client: closed", "server: closed"]);
});

test("a side that is paused gets nothing, and lets the other one's unsent bytes grow", async () => {
  const { client, sockets, seen, settle } = await connected(1);
  sockets[0]?.pause();
  client.write([new Uint8Array(300 * 1024).fill(65)]);
  await settle();
  expect([seen.length, client.unsentBytes]).toEqual([0, 44 * 1024]);
  sockets[0]?.resume();
  await settle();
  expect([seen.length, client.unsentBytes]).toEqual([1, 0]);
});

test("a cut lets a beginning of what is under way arrive, and both sides notice in the end", async () => {
  const arrived = new Set<string>();
  for (let seed = 0; seed < 40; seed += 1) {
    const { network, client, seen, settle } = await connected(seed);
    for (const word of ["a", "b"]) client.write([bytes(word)]);
    network.cut(1);
    client.write([bytes("lost")]);
    await settle(10_000);
    expect(seen.filter((line) => line.endsWith("closed by an error"))).toHaveLength(2);
    arrived.add(seen.flatMap((line) => /server: (\w)$/.exec(line)?.[1] ?? []).join(""));
  }
  expect([...arrived].toSorted()).toEqual(["", "a", "ab"]);
});

test("what is held back arrives when its time has come", async () => {
  const { network, client, seen, settle } = await connected(2);
  network.stall(1, 5_000);
  client.write([bytes("late")]);
  await settle(0.5);
  expect(seen).toEqual([]);
  await settle(6_000);
  expect(seen).toEqual(["server: late"]);
});

test("with its process the listener goes, and its connections", async () => {
  const { network, server, seen, settle } = await connected(3);
  server.end();
  network.endLife(server);
  expect(network.connect(new Life(), 9092)).toBeNull();
  await settle(10_000);
  expect(seen).toEqual(["client: closed by an error"]);
});

test("an echo is a request that arrives again, on a connection of nobody", async () => {
  const { weather, network, seen, settle } = await connected(4);
  weather.echoShare = 1;
  network.echo(9092, [bytes("again")]);
  await settle(200_000);
  expect(seen).toEqual(["server: again", "server: closed"]);
});

test("requests that a connection had under way come once more as a beginning of them, in order", async () => {
  const arrived = new Set<string>();
  for (let seed = 0; seed < 30; seed += 1) {
    const { network, weather, seen, settle } = await connected(seed);
    weather.echoShare = 1;
    network.echo(9092, ["a", "b", "c"].map(bytes));
    await settle(70_000);
    arrived.add(seen.flatMap((line) => /server: (\w)$/.exec(line)?.[1] ?? []).join(""));
  }
  expect([...arrived].toSorted()).toEqual(["a", "ab", "abc"]);
});
