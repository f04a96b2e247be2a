/** Whole nodes in memory, for tests: started, asked over the wire, left without power. */
import { assert } from "@runnel/kit/assert.ts";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { readResponseHeader, writeRequestHeader } from "@runnel/protocol/headers.ts";
import { loadConfig } from "#config/load.ts";
import { ManualTime } from "#io/memory/manual-time.ts";
import type { MemorySocket } from "#io/memory/memory-network.ts";
import type { MemoryWorld } from "#io/memory/world.ts";
import { createMemoryStore } from "#metadata/memory-store.ts";
import type { MetadataStore } from "#metadata/store.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { createNode, type Node } from "./node.ts";

/** The metadata store's own time: it outlives the node that a power cut ends. */
export interface StoreBehind {
  readonly time: ManualTime;
  readonly store: MetadataStore;
}

export function storeBehind(): StoreBehind {
  const time = new ManualTime();
  return { time, store: createMemoryStore({ clock: time, scheduler: time }) };
}

/** After this long the registration of a node that is dead has ended. */
export const LEASE_MS = 60_000;
const PORT = 9092;
const TURNS_MAX = 1000;
const CORRELATION_ID = 7;

/** A node on `world`; time stands still but for what the start itself waits for. */
export async function startNode(
  world: MemoryWorld,
  behind: StoreBehind,
  settings: readonly (readonly [name: string, value: string])[] = [],
): Promise<Node> {
  const flags = new Map([["listeners", `PLAINTEXT://127.0.0.1:${PORT}`], ...settings]);
  const loaded = loadConfig({ file: null, env: {}, flags, isInsecure: false });
  const { store } = behind;
  const started = createNode(
    { loaded, clusterId: "memory", dataFolder: "data", store, metrics: new MetricRegistry() },
    world,
  );
  return await progress(world, behind, started);
}

/** Lets everything that is ready happen until `promise` is settled. */
export async function progress<T>(
  world: MemoryWorld,
  { time: storeTime }: Pick<StoreBehind, "time">,
  promise: Promise<T>,
): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  settled.catch(() => {});
  for (let turn = 0; turn < TURNS_MAX && !isSettled; turn += 1) {
    await world.time.settle();
    await storeTime.settle();
  }
  if (!isSettled) throw new Error("nothing moves any more");
  return await settled;
}

/** Sends one request and gives the answer, over a connection of its own. */
export async function callNode<A extends Api>(
  world: MemoryWorld,
  behind: StoreBehind,
  [api, version, request]: readonly [api: A, version: number, request: RequestInputOf<A>],
): Promise<ResponseDecodedOf<A>> {
  const socket = world.network.connect(PORT) as MemorySocket;
  const answer = new Promise<Uint8Array>((resolve, reject) => {
    let received = new Uint8Array(0);
    socket.listen({
      onData(bytes) {
        const joined = new Uint8Array(received.length + bytes.length);
        joined.set(received);
        joined.set(bytes, received.length);
        received = joined;
        const length = received.length < 4 ? -1 : new ByteReader(received).int32();
        if (length >= 0 && received.length >= 4 + length) resolve(received.subarray(4));
      },
      onDrain() {},
      onClose: () => reject(new Error("the node closed the connection")),
    });
  });
  const writer = new ByteWriter();
  writer.int32(0);
  const header = { correlationId: CORRELATION_ID, clientId: "test" };
  writeRequestHeader(writer, api, version, header);
  api.request.write(writer, version, request as never);
  writer.patchInt32AtStart(writer.length - 4);
  socket.write([writer.finish()]);
  const reader = new ByteReader(await progress(world, behind, answer));
  const correlationId = readResponseHeader(reader, api, version);
  assert(correlationId === CORRELATION_ID, `an answer to ${correlationId}`);
  const response = api.response.read(reader, version) as ResponseDecodedOf<A>;
  socket.destroy();
  return response;
}
