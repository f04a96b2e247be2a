/**
 * A TCP proxy between a Kafka client and a broker that keeps every request with its response.
 *
 * It understands frames and the start of request headers only; the bytes themselves pass unchanged. The broker must
 * advertise the proxy's address, or clients would go around it after their first Metadata.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";

/** One request and its response, both without the 4-byte length in front. */
export interface Exchange {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly clientId: string | null;
  readonly request: Buffer;
  readonly response: Buffer;
}

export interface RecordingProxy extends AsyncDisposable {
  readonly port: number;
  /** Hands over what was recorded since the last call. */
  take(): readonly Exchange[];
}

const SASL_HANDSHAKE_KEY = 17;

/** Listens on `port` of 127.0.0.1 (0: any) and forwards every connection to `targetPort()`. */
export async function startRecordingProxy(
  port: number,
  targetPort: () => number,
): Promise<RecordingProxy> {
  let exchanges: Exchange[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = createConnection({ host: "127.0.0.1", port: targetPort() });
    record(client, upstream, (exchange) => exchanges.push(exchange));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(upstream);
    upstream.pipe(client);
  });
  const boundPort = await listen(server, port);
  return {
    port: boundPort,
    take() {
      const taken = exchanges;
      exchanges = [];
      return taken;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((settle) => server.close(settle));
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((settle, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        fail(new Error("the proxy has no port"));
      } else {
        settle(address.port);
      }
    });
  });
}

/**
 * Pairs the frames of one connection by correlation id. A produce with acks 0 has no response and is never paired.
 * Recording ends at a SaslHandshake v0, because what follows it are bare tokens without headers.
 */
function record(client: Socket, upstream: Socket, emit: (exchange: Exchange) => void): void {
  const pending = new Map<number, Buffer>();
  let isRecording = true;
  onFrames(client, (request) => {
    if (!isRecording) {
      return;
    }
    pending.set(request.readInt32BE(4), request);
    if (request.readInt16BE(0) === SASL_HANDSHAKE_KEY && request.readInt16BE(2) === 0) {
      isRecording = false;
    }
  });
  onFrames(upstream, (response) => {
    const correlationId = response.length >= 4 ? response.readInt32BE(0) : -1;
    const request = pending.get(correlationId);
    if (request === undefined) {
      return;
    }
    pending.delete(correlationId);
    emit({
      apiKey: request.readInt16BE(0),
      apiVersion: request.readInt16BE(2),
      clientId: readClientId(request),
      request,
      response,
    });
  });
}

function readClientId(request: Buffer): string | null {
  const length = request.readInt16BE(8);
  return length < 0 ? null : request.toString("utf8", 10, 10 + length);
}

function onFrames(socket: Socket, handle: (frame: Buffer) => void): void {
  let buffered = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer<ArrayBuffer>) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    while (buffered.length >= 4) {
      const end = 4 + buffered.readInt32BE(0);
      if (buffered.length < end) {
        break;
      }
      // Frames are copied: they outlive the chunk, which may be many megabytes.
      handle(Buffer.from(buffered.subarray(4, end)));
      buffered = buffered.subarray(end);
    }
  });
}
