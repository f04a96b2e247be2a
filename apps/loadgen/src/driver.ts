/** Drives a server: so many connections, so many requests in flight on each, prebuilt frames. */
import * as net from "node:net";

export interface DriveOptions {
  readonly port: number;
  readonly connections: number;
  readonly inFlight: number;
  /** The frame of request number `n` over all connections, the `nth` of its own; sent as it is. */
  frame(n: number, nth: number): Uint8Array;
  /** Requests in all. */
  readonly requests: number;
  /** Requests per second over all connections, sent whether answers come or not; null: as fast as it goes. */
  readonly ratePerSecond: number | null;
  /** Looks at the first answer of each connection, without its length; throws where it is no success. */
  check?(answer: Buffer): void;
}

export interface DriveResult {
  readonly requests: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly seconds: number;
  /** Ms from when each request was due (open loop) or sent, sorted. */
  readonly latenciesMs: Float64Array;
}

/** Sends all requests and waits for all answers. Rejects when a connection ends early. */
export async function drive(options: DriveOptions): Promise<DriveResult> {
  const latencies = new Float64Array(options.requests);
  const state = { next: 0, done: 0, sent: 0, received: 0, latencies };
  const sockets = await Promise.all(
    Array.from({ length: options.connections }, () => connect(options.port)),
  );
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    const finish = () => {
      if (state.done === options.requests) resolve();
    };
    const lanes = sockets.map((socket) => new Lane(socket, options, state, finish, reject));
    if (options.ratePerSecond === null) for (const lane of lanes) lane.fill();
    else pace(lanes, options.ratePerSecond, state, options.requests, startedAt);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  for (const socket of sockets) socket.destroy();
  return {
    requests: options.requests,
    sentBytes: state.sent,
    receivedBytes: state.received,
    seconds,
    latenciesMs: latencies.sort(),
  };
}

interface State {
  next: number;
  done: number;
  sent: number;
  received: number;
  readonly latencies: Float64Array;
}

function connect(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}

class Lane {
  readonly #socket: net.Socket;
  readonly #options: DriveOptions;
  readonly #state: State;
  /** When each request in flight was due. */
  readonly #dueAt: number[] = [];
  #rest: Buffer[] = [];
  #restBytes = 0;
  #sent = 0;
  #isChecked = false;

  constructor(
    socket: net.Socket,
    options: DriveOptions,
    state: State,
    finish: () => void,
    fail: (error: Error) => void,
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#state = state;
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("the server closed the connection")));
    socket.on("data", (chunk: Buffer) => {
      try {
        this.#receive(chunk, finish);
      } catch (error) {
        fail(error as Error);
      }
    });
  }

  get inFlight(): number {
    return this.#dueAt.length;
  }

  /** Sends until as many requests are in flight as may be. */
  fill(): void {
    const { inFlight, requests } = this.#options;
    while (this.#dueAt.length < inFlight && this.#state.next < requests) {
      this.send(performance.now());
    }
  }

  send(dueAt: number): void {
    const frame = this.#options.frame(this.#state.next, this.#sent);
    this.#state.next += 1;
    this.#sent += 1;
    this.#state.sent += frame.length;
    this.#dueAt.push(dueAt);
    this.#socket.write(frame);
  }

  #receive(chunk: Buffer, finish: () => void): void {
    this.#state.received += chunk.length;
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    while (this.#restBytes >= 4) {
      if ((this.#rest[0] as Buffer).length < 4) this.#rest = [Buffer.concat(this.#rest)];
      const need = 4 + (this.#rest[0] as Buffer).readInt32BE(0);
      if (this.#restBytes < need) break;
      this.#consume(need);
      const { latencies } = this.#state;
      latencies[this.#state.done] = performance.now() - (this.#dueAt.shift() as number);
      this.#state.done += 1;
      if (this.#options.ratePerSecond === null) this.fill();
      finish();
    }
  }

  /** Drops `count` bytes from what was received; the first answer is looked at. */
  #consume(count: number): void {
    if (!this.#isChecked && this.#options.check !== undefined) {
      this.#isChecked = true;
      const all = Buffer.concat(this.#rest);
      this.#options.check(all.subarray(4, count));
    }
    this.#restBytes -= count;
    let left = count;
    while (left > 0) {
      const first = this.#rest[0] as Buffer;
      if (first.length > left) {
        this.#rest[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#rest.shift();
    }
  }
}

/** Timers may be late by this much, ms; closer to the next request it is waited for in turns of the loop. */
const TIMER_LATE_MS = 2;

/** Sends requests when they are due, whether or not the server keeps up. */
function pace(
  lanes: readonly Lane[],
  ratePerSecond: number,
  state: State,
  requests: number,
  startedAt: number,
): void {
  const tick = (): void => {
    const now = performance.now();
    while (state.next < requests) {
      const dueAt = startedAt + (state.next * 1000) / ratePerSecond;
      if (dueAt > now) break;
      (lanes[state.next % lanes.length] as Lane).send(dueAt);
    }
    if (state.next >= requests) return;
    const restMs = startedAt + (state.next * 1000) / ratePerSecond - performance.now();
    // The processors belong to the server.
    if (restMs > TIMER_LATE_MS) setTimeout(tick, restMs - TIMER_LATE_MS);
    else setImmediate(tick);
  };
  tick();
}

/** The value below which `share` (0 … 1) of sorted `values` lie. */
export function percentile(values: Float64Array, share: number): number {
  if (values.length === 0) return Number.NaN;
  return values[Math.min(values.length - 1, Math.floor(share * values.length))] as number;
}
