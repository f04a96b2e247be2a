/** TCP through `node:net`. */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import type { IoError } from "@runnel/kit/errors.ts";
import type { Logger } from "@runnel/kit/world.ts";
import { ioError, listenReason } from "../errors.ts";
import type { Listener, Network, Socket, SocketHandlers } from "../ports.ts";

/** Connections the system may hold that were not accepted yet. */
const BACKLOG = 1024;
/** Silence after which the system asks whether the peer is still there. */
const KEEP_ALIVE_MS = 60_000;
/** Parts up to this size are copied together: cheaper than one more entry of a vector. */
const SMALL_PART = 1024;
/** Bytes that are copied together at most. */
const JOINED_MAX = 16 * 1024;

/** `::ffff:127.0.0.1`, as sockets of both families call an IPv4 address, without the prefix. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}

class NodeSocket implements Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: net.Socket;
  #failure: Error | null = null;
  /** Something was left behind by a write, so that `onDrain` is owed. */
  #isDrainOwed = false;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.remoteAddress = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = plainAddress(socket.localAddress);
    this.localPort = socket.localPort ?? 0;
    // From the start: an error nobody listens for would end the process.
    socket.on("error", (error) => {
      this.#failure = error;
    });
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  write(parts: readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    if (parts.length === 1) socket.write(parts[0] as Uint8Array);
    else {
      const joined = join(parts);
      if (joined.length > 1) socket.cork();
      for (const part of joined) socket.write(part);
      if (joined.length > 1) socket.uncork();
    }
    this.#isDrainOwed ||= socket.writableLength > 0;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  listen(handlers: SocketHandlers): void {
    this.#socket.on("data", (bytes: Buffer) => handlers.onData(bytes));
    this.#socket.on("drain", () => {
      if (!this.#isDrainOwed || this.#socket.writableLength > 0) return;
      this.#isDrainOwed = false;
      handlers.onDrain();
    });
    this.#socket.on("close", () => handlers.onClose(this.#failure));
  }
}

/** The same bytes with small neighbours copied together. */
function join(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const out: Uint8Array[] = [];
  let start = 0;
  while (start < parts.length) {
    let end = start;
    let length = 0;
    while (end < parts.length) {
      const part = parts[end] as Uint8Array;
      if (part.length > SMALL_PART || length + part.length > JOINED_MAX) break;
      length += part.length;
      end += 1;
    }
    if (end - start > 1) out.push(concat(parts, start, end, length));
    else {
      out.push(parts[start] as Uint8Array);
      end = start + 1;
    }
    start = end;
  }
  return out;
}

function concat(
  parts: readonly Uint8Array[],
  start: number,
  end: number,
  length: number,
): Uint8Array {
  const whole = Buffer.allocUnsafe(length);
  let at = 0;
  for (let index = start; index < end; index += 1) {
    const part = parts[index] as Uint8Array;
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function listenFailed(host: string, port: number, cause: unknown): IoError {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const message = `cannot listen on ${address}: ${listenReason(cause)}`;
  return ioError("RUNNEL_LISTEN_FAILED", message, cause);
}

/** The network of this machine. What fails while accepting goes to `logger`. */
export function createNodeNetwork(logger: Logger): Network {
  return {
    listen({ host, port, onSocket }) {
      return new Promise((resolve, reject) => {
        const server = net.createServer({
          allowHalfOpen: false,
          noDelay: true,
          keepAlive: true,
          keepAliveInitialDelay: KEEP_ALIVE_MS,
          // One byte, so that "drain" follows every write and a paused socket holds one chunk.
          highWaterMark: 1,
        });
        server.on("connection", (socket) => onSocket(new NodeSocket(socket)));
        const onRefused = (error: Error): void => reject(listenFailed(host, port, error));
        server.once("error", onRefused);
        const options = { port, backlog: BACKLOG, ...(host === "" ? {} : { host }) };
        server.listen(options, () => {
          server.off("error", onRefused);
          server.on("error", (error) => logger.warn({ error, host, port }, "accept failed"));
          resolve(toListener(server, host));
        });
      });
    },
  };
}

function toListener(server: net.Server, asked: string): Listener {
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address : null;
  return {
    host: bound === null ? asked : plainAddress(bound.address),
    port: bound?.port ?? 0,
    close: () =>
      new Promise((resolve) => {
        // The callback waits for open connections, which are not this call's business.
        server.close();
        resolve();
      }),
  };
}
