/**
 * A network that can keep a frame back: between clients and a broker, frame by frame. What is caught is not
 * passed on, until it is let go on the connection it came by, or sent on a new one, any number of times.
 */
import * as net from "node:net";

const HOST = "127.0.0.1";
const LENGTH_BYTES = 4;
/** Requests of tests are small; more is no Kafka frame. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** Frames behind one that is kept back. */
const WAITING_MAX = 1_000;

export interface TrapOptions {
  /** Whether a frame (without its length) is to be caught. */
  matches(frame: Buffer): boolean;
  /**
   * `cut`: the client loses its connection, and what it was about to hear. `stall`: it hears nothing more, and what it sends
   * waits behind the frame.
   */
  readonly how: "cut" | "stall";
  /** Every such frame until the trap is opened; without it, the first one alone. */
  readonly isLasting?: boolean;
}

export interface Trap {
  readonly caught: readonly HeldFrame[];
  /** Settles with the first. */
  readonly first: Promise<HeldFrame>;
  /** Lets pass what comes from now on; what was caught stays so. */
  open(): void;
}

/** A frame that was kept back. Its deliveries settle when the broker has answered, or closed the connection: then with null. */
export interface HeldFrame {
  /** Once: by the connection on which it was under way, and all that waits behind it. */
  release(): Promise<Buffer | null>;
  /** On a connection of its own. */
  sendAgain(): Promise<Buffer | null>;
}

interface Catching extends TrapOptions {
  readonly caught: HeldFrame[];
  readonly first: PromiseWithResolvers<HeldFrame>;
}

export class FrameProxy implements AsyncDisposable {
  readonly #server: net.Server;
  readonly #lanes = new Set<Lane>();
  readonly #traps = new Set<Catching>();
  #brokerPort: number | null = null;

  static async start(): Promise<FrameProxy> {
    const proxy = new FrameProxy();
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject);
      proxy.#server.listen(0, HOST, resolve);
    });
    return proxy;
  }

  private constructor() {
    this.#server = net.createServer({ noDelay: true }, (client) => this.#accept(client));
  }

  /** Where clients are to connect. */
  get address(): string {
    return `${HOST}:${(this.#server.address() as net.AddressInfo).port}`;
  }

  /** Says where the broker is. The proxy has to be there first: the broker advertises it. */
  leadTo(brokerPort: number): void {
    this.#brokerPort = brokerPort;
  }

  trap(options: TrapOptions): Trap {
    const catching = { ...options, caught: [], first: Promise.withResolvers<HeldFrame>() };
    this.#traps.add(catching);
    return {
      caught: catching.caught,
      first: catching.first.promise,
      open: () => void this.#traps.delete(catching),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lane of this.#lanes) lane.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: net.Socket): void {
    if (this.#brokerPort === null) {
      client.destroy();
      return;
    }
    const broker = net.connect({ port: this.#brokerPort, host: HOST, noDelay: true });
    const lane = new Lane(client, broker, (frame) => this.#judge(frame, lane));
    this.#lanes.add(lane);
    broker.once("close", () => this.#lanes.delete(lane));
  }

  /** How a frame is to be kept back; null for one that passes. */
  #judge(frame: Buffer, lane: Lane): TrapOptions["how"] | null {
    const trap = [...this.#traps].find((one) => one.matches(frame));
    if (trap === undefined) return null;
    if (trap.isLasting !== true) this.#traps.delete(trap);
    const held: HeldFrame = {
      release: () => lane.release(),
      sendAgain: () => this.#sendAlone(frame),
    };
    trap.caught.push(held);
    trap.first.resolve(held);
    return trap.how;
  }

  #sendAlone(frame: Buffer): Promise<Buffer | null> {
    return new Promise((resolve) => {
      const socket = net.connect({ port: this.#brokerPort ?? 0, host: HOST, noDelay: true });
      const answers = new FrameReader((answer) => {
        resolve(answer);
        socket.destroy();
      });
      socket.on("data", (chunk: Buffer) => answers.take(chunk));
      socket.on("error", () => {
        // The close that follows says it.
      });
      socket.on("close", () => resolve(null));
      socket.write(withLength(frame));
    });
  }
}

/** One connection of a client, and the one to the broker behind it. */
class Lane {
  readonly #client: net.Socket;
  readonly #broker: net.Socket;
  readonly #judge: (frame: Buffer) => TrapOptions["how"] | null;
  /** Who waits for the answers to come, in their order; null for those that only the client waits for. */
  readonly #answers: (((answer: Buffer | null) => void) | null)[] = [];
  /** The frame that is kept back, and those behind it. */
  #waiting: Buffer[] | null = null;

  constructor(
    client: net.Socket,
    broker: net.Socket,
    judge: (frame: Buffer) => TrapOptions["how"] | null,
  ) {
    this.#client = client;
    this.#broker = broker;
    this.#judge = judge;
    const requests = new FrameReader((frame) => this.#pass(frame));
    client.on("data", (chunk: Buffer) => requests.take(chunk));
    client.on("close", () => {
      // What was under way still arrives.
      if (this.#waiting === null && !this.#isAwaited) broker.end();
    });
    const answers = new FrameReader((answer) => this.#answers.shift()?.(answer));
    broker.on("data", (chunk: Buffer) => {
      answers.take(chunk);
      if (!client.destroyed) client.write(chunk);
    });
    broker.on("close", () => {
      client.destroy();
      for (const settle of this.#answers.splice(0)) settle?.(null);
    });
    for (const socket of [client, broker]) {
      socket.on("error", () => {
        // The close that follows says it.
      });
    }
  }

  release(): Promise<Buffer | null> {
    const [frame, ...behind] = this.#waiting ?? [];
    if (frame === undefined) throw new Error("nothing is kept back on this connection");
    this.#waiting = null;
    const answered = new Promise<Buffer | null>((resolve) => this.#send(frame, resolve));
    for (const each of behind) this.#send(each, null);
    return answered.finally(() => {
      if (this.#client.destroyed) this.#broker.end();
    });
  }

  destroy(): void {
    this.#client.destroy();
    this.#broker.destroy();
  }

  get #isAwaited(): boolean {
    return this.#answers.some((settle) => settle !== null);
  }

  #pass(frame: Buffer): void {
    if (this.#waiting !== null) {
      if (this.#waiting.length >= WAITING_MAX) this.destroy();
      else this.#waiting.push(frame);
      return;
    }
    const how = this.#judge(frame);
    if (how === null) {
      this.#send(frame, null);
      return;
    }
    this.#waiting = [frame];
    if (how === "cut") this.#client.destroy();
  }

  #send(frame: Buffer, settle: ((answer: Buffer | null) => void) | null): void {
    if (this.#broker.destroyed) {
      settle?.(null);
      return;
    }
    this.#answers.push(settle);
    this.#broker.write(withLength(frame));
  }
}

/** Cuts a stream into frames, which it gives without their length. */
class FrameReader {
  readonly #onFrame: (frame: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= LENGTH_BYTES) {
      const length = this.#rest.readInt32BE(0);
      if (length < 0 || length > FRAME_BYTES_MAX) throw new Error(`a frame of ${length} bytes`);
      const end = LENGTH_BYTES + length;
      if (this.#rest.length < end) return;
      const frame = this.#rest.subarray(LENGTH_BYTES, end);
      this.#rest = this.#rest.subarray(end);
      this.#onFrame(frame);
    }
  }
}

function withLength(frame: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + frame.length);
  bytes.writeInt32BE(frame.length, 0);
  frame.copy(bytes, LENGTH_BYTES);
  return bytes;
}
