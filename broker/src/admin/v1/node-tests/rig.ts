/**
 * A whole broker in memory behind the routes of `/v1`: the production wiring, with time that stands
 * still, and a client that holds every answer against its schema.
 */

import { isDeepStrictEqual } from "node:util";
import { type Client, createClient } from "@runnel/contracts/client.ts";
import { readMessages } from "@runnel/contracts/event-stream.ts";
import { ROUTES } from "@runnel/contracts/routes.ts";
import { assert } from "@runnel/kit/assert.ts";
import { createAdminApp } from "#admin/app.ts";
import { createV1App } from "#admin/v1/app.ts";
import type { V1Services } from "#admin/v1/services.ts";
import { loadConfig } from "#config/load.ts";
import { ManualTime } from "#io/memory/manual-time.ts";
import { createMemoryWorld, type MemoryWorld } from "#io/memory/world.ts";
import { createMemoryStore } from "#metadata/memory-store.ts";
import { MetricsHistory } from "#metrics/history/history.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { createNode, type Node, type NodeConfig } from "#node.ts";

const BASE = "http://localhost:9644";
/** Real ms for what the runtime does in its own time, such as loading a module. */
const REAL_MS_MAX = 15_000;

/** What a test of a request from outside may set. */
export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface RigOptions extends Pick<NodeConfig, "otherFolders" | "onStorageLost"> {
  readonly withHistory?: boolean;
}

export class AdminRig {
  readonly world: MemoryWorld;
  readonly node: Node;
  readonly services: V1Services;
  readonly client: Client;
  readonly #storeTime: ManualTime;
  readonly #app: ReturnType<typeof createAdminApp>;

  static async open(
    settings: readonly (readonly [string, string])[] = [],
    { withHistory = false, ...around }: RigOptions = {},
  ): Promise<AdminRig> {
    // Loaded when they are asked for, in turns of the runtime that nobody can wait for by turns.
    await import("#admin/v1/openapi.ts");
    await import("#browse/service.ts");
    await import("#browse/thread/browse-thread.ts");
    const world = createMemoryWorld();
    const storeTime = new ManualTime();
    const store = createMemoryStore({ clock: storeTime, scheduler: storeTime });
    const flags = new Map([
      ["listeners", "PLAINTEXT://127.0.0.1:9092"],
      ["offsets.topic.num.partitions", "3"],
      ["group.initial.rebalance.delay.ms", "0"],
      // Its topic would be in every count; tests of it switch it on.
      ["runnel.audit.enable", "false"],
      ...settings,
    ]);
    const loaded = loadConfig({ file: null, env: {}, flags, isInsecure: false });
    const metrics = new MetricRegistry();
    const parts = { loaded, clusterId: "memory", dataFolder: "data", store, metrics, ...around };
    const node = await progress(world, storeTime, createNode(parts, world));
    const { disk, clock, scheduler, logger } = world;
    const history = withHistory
      ? await MetricsHistory.open({
          disk,
          folder: "data",
          clock,
          scheduler,
          logger,
          registries: [metrics],
          prepare: () => node.lags.current(),
          shape: { columns: 300, slotMs: 10_000, slotsPerBlock: 30, blocks: 4 },
        })
      : null;
    return new AdminRig({ world, storeTime, node, history });
  }

  private constructor(parts: {
    readonly world: MemoryWorld;
    readonly storeTime: ManualTime;
    readonly node: Node;
    readonly history: MetricsHistory | null;
  }) {
    const { world, storeTime, node, history } = parts;
    this.world = world;
    this.node = node;
    this.#storeTime = storeTime;
    const startedAt = world.clock.nowMs();
    const about = { version: "1.2.3", runtime: "node 26", startedAt };
    this.services = node.v1Services({ about, history });
    this.#app = createAdminApp({
      logger: world.logger,
      metrics: () => Promise.resolve({ text: "", contentType: "text/plain" }),
      readiness: () => [],
      allowedHosts: [],
      loadV1: () => Promise.resolve(createV1App(this.services)),
    });
    this.client = createClient({
      baseUrl: BASE,
      fetch: (url, init) => this.#fetch(new Request(url, init)),
      check: (name, body) => {
        const known = ROUTES[name].response.parse(body);
        assert(isDeepStrictEqual(known, body), `${name}: more than its schema says`);
      },
    });
  }

  /** Lets the world go on until `promise` has settled. */
  run<T>(promise: Promise<T>): Promise<T> {
    return progress(this.world, this.#storeTime, promise);
  }

  /**
   * One request as it comes from outside: status, headers and the JSON that came back, or an array of the
   * messages of a stream.
   */
  async ask(path: string, { method = "GET", headers = {}, body }: RawRequest = {}): Promise<Reply> {
    const init: RequestInit = { method, headers };
    if (body !== undefined) init.body = typeof body === "string" ? body : Buffer.from(body);
    const response = await this.#fetch(new Request(`${BASE}${path}`, init));
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
    const received = isStream ? this.run(messagesOf(response)) : response.text().then(parseText);
    return { status: response.status, headers: response.headers, body: (await received) as never };
  }

  /** As `ask`, with JSON in the body. */
  post(path: string, body: unknown, method = "POST"): Promise<Reply> {
    const headers = { "content-type": "application/json" };
    return this.ask(path, { method, headers, body: JSON.stringify(body) });
  }

  #fetch(request: Request): Promise<Response> {
    // The parts of Node's request that are looked at.
    const incoming = {
      url: new URL(request.url).pathname,
      rawHeaders: [...request.headers].flat(),
      socket: { remoteAddress: "127.0.0.1", localAddress: "127.0.0.1" },
    };
    const headers = new Headers(request.headers);
    headers.set("host", "localhost:9644");
    // A request says that it has a body; this one of the web says nothing.
    if (request.body !== null) headers.set("transfer-encoding", "chunked");
    const withHost = new Request(request, { headers });
    return this.run(Promise.resolve(this.#app.fetch(withHost, { incoming } as never)));
  }
}

const parseText = (text: string): unknown => (text === "" ? null : JSON.parse(text));

/** All messages of a stream. */
async function messagesOf({ body }: Response): Promise<unknown[]> {
  const messages: unknown[] = [];
  if (body === null) return messages;
  for await (const { event, data } of readMessages(body)) {
    messages.push({ event, data: JSON.parse(data) as unknown });
  }
  return messages;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: never;
}

async function progress<T>(
  world: MemoryWorld,
  storeTime: ManualTime,
  promise: Promise<T>,
): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  settled.catch(() => {});
  const deadline = performance.now() + REAL_MS_MAX;
  while (!isSettled && performance.now() < deadline) {
    await world.time.settle();
    await storeTime.settle();
    // Streams of requests move in turns of the real event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!isSettled) throw new Error("nothing moves any more");
  return await settled;
}

/** A problem document, for `toMatchObject`. */
export function problemOf(kind: string, more: object = {}): object {
  return { problem: { type: `urn:runnel:problem:${kind}`, ...more } };
}

/** Text as a key or value. */
export const text = (data: string): { encoding: "utf8"; data: string } => ({
  encoding: "utf8",
  data,
});
