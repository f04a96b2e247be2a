/**
 * Accepts connections on one address, as many as the limits allow, and ends them: each when its time
 * is over, all when the broker stops. One timer sweeps over all connections; there is none while there
 * are no connections.
 */
import type { Clock, Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import type { Listener, Network, Socket } from "#io/ports.ts";
import { LogLimiter } from "#metrics/log-limiter.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import type { NetLimits } from "./limits.ts";
import type { Dispatch } from "./ports.ts";
import type { CloseReason, NetProbe } from "./probe.ts";

/** How often deadlines are looked at. */
const SWEEP_MS = 1000;

export interface KafkaListenerOptions {
  /** As in `listeners`, such as `PLAINTEXT`. */
  readonly name: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly network: Network;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Bytes of any content, for frames that span chunks. */
  readonly allocate: (length: number) => Uint8Array;
  readonly limits: NetLimits;
  /** Shared by all listeners of a broker, as is `probe`. */
  readonly budget: ByteBudget;
  readonly probe: NetProbe;
  readonly dispatch: Dispatch;
  /** Whether clients must authenticate first (`Peer.markAuthenticated`). */
  readonly asksWho?: boolean;
  /** Puts a layer such as TLS between the connection and the bytes of the wire. */
  readonly wrap?: (raw: Socket) => Socket;
}

/** Gives every connection of the process a number of its own. */
let nextConnectionId = 1;

export class KafkaListener implements ConnectionOwner {
  readonly name: string;
  readonly asksWho: boolean;
  readonly limits: NetLimits;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  readonly probe: NetProbe;
  readonly log: LogLimiter;
  readonly dispatch: Dispatch;
  readonly allocate: (length: number) => Uint8Array;
  readonly #options: KafkaListenerOptions;
  readonly #scheduler: Scheduler;
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  #toFlush: Connection[] = [];
  #sweep: Timer | null = null;
  #listener: Listener | null = null;
  #isStopping = false;
  /** Called when the last connection has gone. */
  #onEmpty: (() => void) | null = null;

  /** Use `openKafkaListener`. */
  constructor(options: KafkaListenerOptions) {
    this.#options = options;
    this.#scheduler = options.scheduler;
    this.name = options.name;
    this.asksWho = options.asksWho ?? false;
    this.limits = options.limits;
    this.clock = options.clock;
    this.budget = options.budget;
    this.probe = options.probe;
    this.dispatch = options.dispatch;
    this.allocate = options.allocate;
    this.log = new LogLimiter(options.logger, options.clock);
  }

  get host(): string {
    return this.#listener?.host ?? this.#options.host;
  }

  /** The port in fact, where 0 was asked for. */
  get port(): number {
    return this.#listener?.port ?? this.#options.port;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Requests under way on all connections. */
  get inFlightRequests(): number {
    let count = 0;
    for (const connection of this.#connections) count += connection.inFlightRequests;
    return count;
  }

  async open(): Promise<void> {
    const { network, host, port } = this.#options;
    const onSocket = (socket: Socket): void => this.#accept(socket);
    this.#listener = await network.listen({ host, port, onSocket });
  }

  flushSoon(connection: Connection): void {
    if (this.#toFlush.length === 0) this.#scheduler.soon(() => this.#flush());
    this.#toFlush.push(connection);
  }

  onClosed(connection: Connection, reason: CloseReason): void {
    this.#connections.delete(connection);
    this.probe.openConnections -= 1;
    this.probe.closed.get(reason).add();
    const count = (this.#perAddress.get(connection.clientHost) ?? 1) - 1;
    if (count > 0) this.#perAddress.set(connection.clientHost, count);
    else this.#perAddress.delete(connection.clientHost);
    if (this.#connections.size > 0) return;
    this.#sweep?.cancel();
    this.#sweep = null;
    this.#onEmpty?.();
  }

  /**
   * Stops accepting and reading. Each connection ends when the requests under way on it are answered
   * and sent; whoever parked them has to answer them now. After `deadlineMs` the rest is cut.
   * Resolves with how many were cut.
   */
  async stop(deadlineMs: number): Promise<number> {
    this.#isStopping = true;
    await this.#listener?.close();
    for (const connection of this.#connections) connection.stop();
    await this.#empty(deadlineMs);
    const late = [...this.#connections];
    for (const connection of late) connection.destroy();
    await this.#empty(deadlineMs);
    return late.length;
  }

  /** Resolves when there is no connection, or after `deadlineMs`. */
  #empty(deadlineMs: number): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#onEmpty = null;
        resolve();
      };
      const timer = this.#scheduler.after(deadlineMs, done);
      this.#onEmpty = done;
    });
  }

  #accept(raw: Socket): void {
    const { probe, limits } = this;
    probe.accepted.add();
    const address = `/${raw.remoteAddress}`;
    const fromAddress = this.#perAddress.get(address) ?? 0;
    const refusal = this.#refusal(fromAddress, limits);
    if (refusal !== null) {
      probe.closed.get(refusal).add();
      if (refusal !== "stopping") {
        this.log.warn(
          {
            client: address,
            listener: this.name,
            connections: this.#connections.size,
            fromAddress,
          },
          "refused a connection: too many",
        );
      }
      raw.destroy();
      return;
    }
    this.#perAddress.set(address, fromAddress + 1);
    probe.openConnections += 1;
    const socket = this.#options.wrap?.(raw) ?? raw;
    this.#connections.add(new Connection(this, socket, nextConnectionId));
    nextConnectionId += 1;
    this.#sweep ??= this.#sweepLater();
  }

  #refusal(fromAddress: number, limits: NetLimits): CloseReason | null {
    if (this.#isStopping) return "stopping";
    if (this.probe.openConnections >= limits.connectionsMax) return "tooMany";
    return fromAddress >= limits.connectionsPerAddressMax ? "tooManyFromAddress" : null;
  }

  #sweepLater(): Timer {
    return this.#scheduler.after(SWEEP_MS, () => {
      const nowMs = this.clock.monotonicMs();
      for (const connection of this.#connections) connection.sweep(nowMs);
      this.#sweep = this.#connections.size > 0 ? this.#sweepLater() : null;
    });
  }

  #flush(): void {
    const connections = this.#toFlush;
    this.#toFlush = [];
    for (const connection of connections) connection.flush();
    if (this.probe.unsentBytes > this.limits.allUnsentBytesMax) this.#relieve();
  }

  /** Ends the connections on which most answers wait, until what waits on all is within its limit. */
  #relieve(): void {
    const fullest = [...this.#connections].sort((a, b) => b.unsentBytes - a.unsentBytes);
    for (const connection of fullest) {
      if (this.probe.unsentBytes <= this.limits.allUnsentBytesMax) return;
      if (connection.unsentBytes === 0) return;
      const client = `${connection.clientHost}:${connection.clientPort}`;
      const { unsentBytes } = connection;
      connection.giveUp();
      this.log.warn(
        { client, listener: this.name, unsentBytes },
        "gave up a client that reads too little",
      );
    }
  }
}

/** Accepts connections from when it resolves. Rejects with `IoError` naming the address. */
export async function openKafkaListener(options: KafkaListenerOptions): Promise<KafkaListener> {
  const listener = new KafkaListener(options);
  await listener.open();
  return listener;
}
