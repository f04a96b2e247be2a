/**
 * A network in memory: listeners by port, and sockets in pairs. Bytes and events arrive in a later turn
 * of the scheduler, in order. A side that is paused lets the other one's unsent bytes grow.
 */
import { assert } from "@runnel/kit/assert.ts";
import type { Scheduler } from "@runnel/kit/world.ts";
import { ioError } from "../errors.ts";
import type { Listener, Network, Socket, SocketHandlers } from "../ports.ts";

/** Bytes on the way that count as sent, as in the buffers of a system. */
const WINDOW_BYTES = 256 * 1024;
const FIRST_FREE_PORT = 40_000;

interface End {
  readonly address: string;
  readonly port: number;
}

export class MemorySocket implements Socket {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #scheduler: Scheduler;
  /** Set by `pair`, the only maker of sockets. */
  #peer: MemorySocket = this;
  #handlers: SocketHandlers | null = null;
  /** Written by the peer, not delivered yet. */
  #inbox: Uint8Array[] = [];
  #inboxBytes = 0;
  #isPaused = false;
  #isEnding = false;
  #isClosed = false;
  #isDeliveryDue = false;
  #isDrainOwed = false;

  private constructor(scheduler: Scheduler, local: End, remote: End) {
    this.#scheduler = scheduler;
    this.localAddress = local.address;
    this.localPort = local.port;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
  }

  /** Two sockets, each the other's peer. */
  static pair(scheduler: Scheduler, client: End, server: End): [MemorySocket, MemorySocket] {
    const near = new MemorySocket(scheduler, client, server);
    const far = new MemorySocket(scheduler, server, client);
    near.#peer = far;
    far.#peer = near;
    return [near, far];
  }

  get unsentBytes(): number {
    return Math.max(0, this.#peer.#inboxBytes - WINDOW_BYTES);
  }

  write(parts: readonly Uint8Array[]): void {
    const peer = this.#peer;
    if (this.#isClosed || this.#isEnding || peer.#isClosed) return;
    for (const part of parts) {
      if (part.length === 0) continue;
      peer.#inbox.push(part.slice());
      peer.#inboxBytes += part.length;
    }
    this.#isDrainOwed ||= this.unsentBytes > 0;
    peer.#deliverSoon();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#deliverSoon();
  }

  end(): void {
    if (this.#isClosed) return;
    this.#isEnding = true;
    this.#peer.#deliverSoon();
  }

  destroy(): void {
    this.#close(null);
    // Bytes on the way are lost with the connection, as after a reset.
    this.#peer.#reset();
  }

  /** Breaks the connection for both sides with `error`, as a cut cable would. */
  fail(error: Error): void {
    this.#close(error);
    this.#peer.#close(error);
  }

  listen(handlers: SocketHandlers): void {
    assert(this.#handlers === null, "a socket has one listener");
    this.#handlers = handlers;
    this.#deliverSoon();
  }

  #deliverSoon(): void {
    if (this.#isDeliveryDue || this.#isClosed) return;
    this.#isDeliveryDue = true;
    this.#scheduler.soon(() => {
      this.#isDeliveryDue = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const handlers = this.#handlers;
    if (this.#isClosed || handlers === null) return;
    while (!this.#isPaused && !this.#isClosed) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) break;
      this.#inboxBytes -= bytes.length;
      handlers.onData(bytes);
    }
    this.#peer.#drained();
    if (this.#inbox.length > 0 || !this.#peer.#isEnding) return;
    const peer = this.#peer;
    this.#close(null);
    peer.#close(null);
  }

  #drained(): void {
    if (!this.#isDrainOwed || this.unsentBytes > 0 || this.#isClosed) return;
    this.#isDrainOwed = false;
    this.#scheduler.soon(() => {
      if (!this.#isClosed) this.#handlers?.onDrain();
    });
  }

  #reset(): void {
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#close(null);
  }

  #close(error: Error | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#scheduler.soon(() => this.#handlers?.onClose(error));
  }
}

/** Every address is this one machine. */
export class MemoryNetwork implements Network {
  readonly #scheduler: Scheduler;
  readonly #listeners = new Map<number, { host: string; onSocket(socket: Socket): void }>();
  #nextPort = FIRST_FREE_PORT;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  async listen(options: {
    readonly host: string;
    readonly port: number;
    readonly onSocket: (socket: Socket) => void;
  }): Promise<Listener> {
    const port = options.port === 0 ? this.#freePort() : options.port;
    if (this.#listeners.has(port)) {
      const message = `cannot listen on ${options.host}:${port}: another program listens there`;
      throw ioError("RUNNEL_LISTEN_FAILED", message);
    }
    this.#listeners.set(port, options);
    return {
      host: options.host,
      port,
      close: async () => void this.#listeners.delete(port),
    };
  }

  /** The client's side of a new connection to `port`; null where nobody listens. */
  connect(port: number, from = "127.0.0.1"): MemorySocket | null {
    const listener = this.#listeners.get(port);
    if (listener === undefined) return null;
    const client = { address: from, port: this.#freePort() };
    const server = { address: listener.host || "127.0.0.1", port };
    const [near, far] = MemorySocket.pair(this.#scheduler, client, server);
    this.#scheduler.soon(() => listener.onSocket(far));
    return near;
  }

  #freePort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }
}
