/**
 * One connection to the broker as clients keep it: opened when needed, requests in order, given up
 * after a request that takes too long. Sends what it is given and judges nothing.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { readResponseHeader, writeRequestHeader } from "@runnel/protocol/headers.ts";
import type { FaultyNetwork, SimSocket } from "../world/faulty-network.ts";
import type { Life } from "../world/life.ts";
import { PORT } from "../world/sim-broker.ts";
import type { SimTime } from "../world/time.ts";

/** Pause before another connection is tried, ms. */
const RECONNECT_MS = 50;

/** Null: the request got no answer, and may have been served or not. */
export type Answer<A> = ResponseDecodedOf<A> | null;

interface Waiting {
  readonly correlationId: number;
  /** What is on the way, where it may arrive once more when its answer is lost; null elsewhere. */
  readonly lateFrame: Uint8Array | null;
  settle(frame: Uint8Array | null): void;
}

export interface WireWorld {
  readonly time: SimTime;
  readonly network: FaultyNetwork;
  /** The process of the client. */
  readonly life: Life;
}

export interface CallOptions<A extends Api> {
  readonly timeoutMs: number;
  /**
   * Whether the request, with that answer or with none, may arrive once more, when its sender has gone on:
   * nothing must come of it then. Without: never.
   */
  readonly mayEcho?: (answer: Answer<A>) => boolean;
}

export class WireClient {
  readonly #world: WireWorld;
  readonly #clientId: string;
  #socket: SimSocket | null = null;
  #waiting: Waiting[] = [];
  #received = new Uint8Array(0);
  #lastId = 0;

  constructor(world: WireWorld, clientId: string) {
    this.#world = world;
    this.#clientId = clientId;
  }

  /** Opens the connection where there is none; false where nobody listens. */
  connect(): boolean {
    return this.#connect() !== null;
  }

  /** Never settles once the life of the client is over. */
  async call<A extends Api>(
    api: A,
    version: number,
    request: RequestInputOf<A>,
    { timeoutMs, mayEcho }: CallOptions<A>,
  ): Promise<Answer<A>> {
    const socket = this.#connect();
    if (socket === null) {
      await this.sleep(RECONNECT_MS);
      return null;
    }
    this.#lastId += 1;
    const correlationId = this.#lastId;
    const frame = this.#encode(api, version, { request, correlationId });
    const bytes = await new Promise<Uint8Array | null>((resolve) => {
      const timer = this.#world.time.after(timeoutMs, () => this.close());
      const settle = (answer: Uint8Array | null): void => {
        timer.cancel();
        if (!this.#world.life.isOver) resolve(answer);
      };
      const lateFrame = mayEcho?.(null) === true ? frame : null;
      this.#waiting.push({ correlationId, lateFrame, settle });
      socket.write([frame]);
    });
    if (bytes === null) return null;
    const answer = decode(api, version, bytes);
    if (mayEcho?.(answer) === true) this.#world.network.echo(PORT, [frame]);
    return answer;
  }

  /** Resolves after `delayMs`; never, once the life of the client is over. */
  sleep(delayMs: number): Promise<void> {
    const { time, life } = this.#world;
    return new Promise((resolve) => {
      time.after(delayMs, () => {
        if (!life.isOver) resolve();
      });
    });
  }

  /** Gives the connection up; what waits for an answer gets none. */
  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    this.#lose();
  }

  #connect(): SimSocket | null {
    if (this.#socket !== null) return this.#socket;
    const { network, life } = this.#world;
    const socket = network.connect(life, PORT);
    if (socket === null) return null;
    this.#socket = socket;
    this.#received = new Uint8Array(0);
    socket.listen({
      onData: (bytes) => {
        if (socket === this.#socket) this.#receive(bytes);
      },
      onDrain() {},
      onClose: () => {
        if (socket !== this.#socket) return;
        this.#socket = null;
        this.#lose();
      },
    });
    return socket;
  }

  #encode<A extends Api>(
    api: A,
    version: number,
    what: { readonly request: RequestInputOf<A>; readonly correlationId: number },
  ): Uint8Array {
    const writer = new ByteWriter();
    writer.int32(0);
    const { correlationId, request } = what;
    writeRequestHeader(writer, api, version, { correlationId, clientId: this.#clientId });
    api.request.write(writer, version, request as never);
    writer.patchInt32AtStart(writer.length - 4);
    return writer.finish();
  }

  #receive(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#received.length + bytes.length);
    joined.set(this.#received);
    joined.set(bytes, this.#received.length);
    let at = 0;
    while (joined.length - at >= 4) {
      const length = new ByteReader(joined, at).int32();
      if (joined.length - at - 4 < length) break;
      const frame = joined.slice(at + 4, at + 4 + length);
      at += 4 + length;
      this.#settle(frame);
    }
    this.#received = joined.slice(at);
  }

  /** Answers come in the order of requests. */
  #settle(frame: Uint8Array): void {
    const waiting = this.#waiting.shift();
    const correlationId = new ByteReader(frame).int32();
    if (waiting === undefined || waiting.correlationId !== correlationId) {
      throw new Error(`answer ${correlationId}, ${waiting?.correlationId ?? "none"} was expected`);
    }
    waiting.settle(frame);
  }

  #lose(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const late = waiting.flatMap(({ lateFrame }) => lateFrame ?? []);
    if (late.length > 0) this.#world.network.echo(PORT, late);
    for (const one of waiting) one.settle(null);
  }
}

function decode<A extends Api>(api: A, version: number, bytes: Uint8Array): ResponseDecodedOf<A> {
  const reader = new ByteReader(bytes);
  readResponseHeader(reader, api, version);
  return api.response.read(reader, version) as ResponseDecodedOf<A>;
}
