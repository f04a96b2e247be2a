/**
 * A simulated network between clients and the processes that listen: chunks take time and may arrive in
 * pieces, connections are cut, at times so that only one side notices. As with TCP, what arrives on one
 * connection is a beginning of what was sent on it, in order; what is lost, repeated or late on a real
 * network shows as cut connections and as requests that arrive once more on another one (`echo`).
 */
import { ioError } from "#io/errors.ts";
import type { Listener, Network, Socket, SocketHandlers } from "#io/ports.ts";
import type { Chance } from "./chance.ts";
import { Life } from "./life.ts";
import type { SimTime } from "./time.ts";
import type { NetworkWeather } from "./weather.ts";

/** Bytes on the way that count as sent, as in the buffers of a system. */
const WINDOW_BYTES = 256 * 1024;
const FIRST_CLIENT_PORT = 40_000;
/** How late a request may arrive for the second time, ms: in the middle of what its sender does next, or long after. */
const ECHO_MS_MAX = 60_000;
const ECHOES_MS: readonly [number, ...number[]] = [50, 2_000, ECHO_MS_MAX];
/** How long a side may not notice that its connection was cut, ms. */
const UNNOTICED_MS_MAX = 8_000;
const HOST = "127.0.0.1";

interface Listening {
  readonly life: Life;
  readonly onSocket: (socket: Socket) => void;
}

interface Owner {
  readonly time: SimTime;
  readonly chance: Chance;
  readonly weather: NetworkWeather;
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly arrivesAt: number;
}

interface End {
  readonly life: Life;
  readonly port: number;
}

export class SimSocket implements Socket {
  readonly localAddress = HOST;
  readonly remoteAddress = HOST;
  readonly localPort: number;
  readonly remotePort: number;
  readonly life: Life;
  readonly #owner: Owner;
  #peer: SimSocket = this;
  #handlers: SocketHandlers | null = null;
  /** On the way to here. */
  #inbox: Chunk[] = [];
  #inboxBytes = 0;
  #lastArrival = 0;
  #isDeliveryDue = false;
  #isPaused = false;
  #isEnding = false;
  /** The connection is broken, whether this side knows or not: nothing leaves any more. */
  #isBroken = false;
  #isClosed = false;
  #isDrainOwed = false;
  /** Nothing arrives before. */
  #stalledUntil = 0;

  private constructor(owner: Owner, near: End, far: End) {
    this.#owner = owner;
    this.life = near.life;
    this.localPort = near.port;
    this.remotePort = far.port;
  }

  /** Two sockets, each the other's peer: that of the client, and that of the server. */
  static pair(owner: Owner, client: End, server: End): [SimSocket, SimSocket] {
    const near = new SimSocket(owner, client, server);
    const far = new SimSocket(owner, server, client);
    near.#peer = far;
    far.#peer = near;
    return [near, far];
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get unsentBytes(): number {
    return Math.max(0, this.#peer.#inboxBytes - WINDOW_BYTES);
  }

  write(parts: readonly Uint8Array[]): void {
    const peer = this.#peer;
    if (this.#isClosed || this.#isEnding || this.#isBroken || peer.#isClosed) return;
    const bytes = joined(parts);
    if (bytes.length === 0) return;
    const { chance, weather } = this.#owner;
    const cut = chance.happens(weather.splitShare) ? chance.below(bytes.length) : 0;
    if (cut > 0) peer.#expect(bytes.subarray(0, cut));
    peer.#expect(bytes.subarray(cut));
    this.#isDrainOwed ||= this.unsentBytes > 0;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#deliverLater();
  }

  end(): void {
    if (this.#isClosed) return;
    this.#isEnding = true;
    this.#peer.#deliverLater();
  }

  destroy(): void {
    this.#peer.#loseTail();
    this.#peer.#closeAfterInbox(null);
    this.#inbox = [];
    this.#close(null);
  }

  listen(handlers: SocketHandlers): void {
    this.#handlers = handlers;
    this.#deliverLater();
  }

  /** Breaks the connection; one side may notice much later. A beginning of what is on the way arrives. */
  cut(): void {
    const { chance } = this.#owner;
    const error = Object.assign(new Error("ECONNRESET: connection reset"), { code: "ECONNRESET" });
    for (const end of [this, this.#peer]) {
      end.#loseTail();
      const unnoticedMs = chance.happens(0.3) ? chance.span(1, UNNOTICED_MS_MAX) : 0;
      if (unnoticedMs === 0) end.#closeAfterInbox(error);
      else {
        end.#deliverNow();
        end.#isBroken = true;
        this.#owner.time.after(unnoticedMs, () => end.#close(error));
      }
    }
  }

  /** Holds back what is on the way in both directions for a while. */
  stall(spanMs: number): void {
    const until = this.#owner.time.monotonicMs() + spanMs;
    for (const end of [this, this.#peer]) end.#stalledUntil = Math.max(end.#stalledUntil, until);
  }

  /** A chunk was sent to here. */
  #expect(bytes: Uint8Array): void {
    const { time, chance, weather } = this.#owner;
    const delayMs = chance.span(0.02, weather.delayMsMax);
    this.#lastArrival = Math.max(this.#lastArrival, time.monotonicMs() + delayMs);
    this.#inbox.push({ bytes, arrivesAt: this.#lastArrival });
    this.#inboxBytes += bytes.length;
    this.#deliverLater();
  }

  #deliverLater(): void {
    if (this.#isDeliveryDue || this.#isClosed) return;
    this.#isDeliveryDue = true;
    const { time } = this.#owner;
    const due = Math.max(this.#inbox[0]?.arrivesAt ?? 0, this.#stalledUntil);
    time.after(Math.max(0, due - time.monotonicMs()), () => {
      this.#isDeliveryDue = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#isClosed || this.#handlers === null || this.#isPaused) return;
    const now = this.#owner.time.monotonicMs();
    if (now < this.#stalledUntil) {
      this.#deliverLater();
      return;
    }
    while (!this.#isPaused && !this.#isClosed) {
      const [next] = this.#inbox;
      if (next === undefined || next.arrivesAt > now) break;
      this.#take();
    }
    if (this.#inbox.length > 0) {
      if (!this.#isPaused) this.#deliverLater();
      return;
    }
    const peer = this.#peer;
    if (!peer.#isEnding || peer.#isClosed) return;
    this.#close(null);
    peer.#close(null);
  }

  /** Hands over the oldest chunk. */
  #take(): void {
    const { bytes } = this.#inbox.shift() as Chunk;
    this.#inboxBytes -= bytes.length;
    if (!this.life.isOver) this.#handlers?.onData(bytes);
    this.#peer.#drained();
  }

  /** What was still on the way arrives now, or never: nothing of it may come behind a later connection. */
  #loseTail(): void {
    if (this.#inbox.length === 0) return;
    const kept = this.#owner.chance.below(this.#inbox.length + 1);
    for (const { bytes } of this.#inbox.splice(kept)) this.#inboxBytes -= bytes.length;
    this.#inbox = this.#inbox.map(({ bytes }) => ({ bytes, arrivesAt: 0 }));
    this.#stalledUntil = 0;
  }

  #deliverNow(): void {
    this.#owner.time.soon(() => {
      while (this.#inbox.length > 0 && !this.#isPaused && !this.#isClosed) this.#take();
    });
  }

  #closeAfterInbox(error: Error | null): void {
    if (this.#isClosed) return;
    this.#isBroken = true;
    this.#owner.time.soon(() => {
      while (this.#inbox.length > 0 && !this.#isPaused && !this.#isClosed) this.#take();
      this.#close(error);
    });
  }

  #drained(): void {
    if (!this.#isDrainOwed || this.unsentBytes > 0 || this.#isClosed) return;
    this.#isDrainOwed = false;
    this.#owner.time.soon(() => {
      if (!this.#isClosed && !this.life.isOver) this.#handlers?.onDrain();
    });
  }

  #close(error: Error | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#owner.time.soon(() => {
      if (!this.life.isOver) this.#handlers?.onClose(error);
    });
  }
}

/** Every address is one machine; listeners are found by port. */
export class FaultyNetwork {
  readonly #owner: Owner;
  readonly #listeners = new Map<number, Listening>();
  /** The clients' sides. */
  readonly #connections = new Set<SimSocket>();
  #nextPort = FIRST_CLIENT_PORT;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** The network as a process sees it. */
  of(life: Life): Network {
    return {
      listen: async ({ host, port, onSocket }): Promise<Listener> => {
        if (this.#listeners.has(port)) {
          throw ioError("RUNNEL_LISTEN_FAILED", `cannot listen on ${host}:${port}: it is taken`);
        }
        this.#listeners.set(port, { life, onSocket });
        return { host, port, close: async () => void this.#listeners.delete(port) };
      },
    };
  }

  /** The client's side of a new connection; null where nobody listens. */
  connect(life: Life, port: number): SimSocket | null {
    const listening = this.#listeners.get(port);
    if (listening === undefined) return null;
    this.#nextPort += 1;
    const client = { life, port: this.#nextPort };
    const [near, far] = SimSocket.pair(this.#owner, client, { life: listening.life, port });
    this.#connections.add(near);
    this.#owner.time.soon(() => {
      if (!listening.life.isOver) listening.onSocket(far);
    });
    return near;
  }

  /** A process has ended: the system closes its connections. */
  endLife(life: Life): void {
    for (const [port, listening] of this.#listeners) {
      if (listening.life === life) this.#listeners.delete(port);
    }
    for (const socket of this.#open()) socket.cut();
  }

  /** Cuts a `share` of all connections. */
  cut(share: number): void {
    for (const socket of this.#open()) if (this.#owner.chance.happens(share)) socket.cut();
  }

  /** Holds back a `share` of all connections for up to `spanMs`. */
  stall(share: number, spanMs: number): void {
    const { chance } = this.#owner;
    for (const socket of this.#open()) {
      if (chance.happens(share)) socket.stall(chance.span(1, spanMs));
    }
  }

  /**
   * Requests of one connection that are over for their client arrive once more on another one, perhaps: a
   * beginning of them, in order.
   */
  echo(port: number, frames: readonly Uint8Array[]): void {
    const { time, chance, weather } = this.#owner;
    if (!chance.happens(weather.echoShare)) return;
    time.after(chance.span(1, chance.pick(ECHOES_MS)), () => {
      const socket = this.connect(NOBODY, port);
      if (socket === null) return;
      socket.listen({ onData() {}, onDrain() {}, onClose() {} });
      for (const frame of frames.slice(0, chance.between(1, frames.length))) socket.write([frame]);
      time.after(ECHO_MS_MAX, () => socket.destroy());
    });
  }

  #open(): SimSocket[] {
    for (const socket of this.#connections) if (socket.isClosed) this.#connections.delete(socket);
    return [...this.#connections];
  }
}

/** The process of packets that nobody sent. */
const NOBODY = new Life();

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
