/** A Kafka connection that sends whatever bytes it is given, and tells answers from the end of it. */
import * as net from "node:net";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { readResponseHeader, writeRequestHeader } from "@runnel/protocol/headers.ts";
import { within } from "../harness/wait.ts";

/** How long an answer or the end of a connection may take. */
const ANSWER_MS_MAX = 30_000;

export interface FrameOptions {
  readonly correlationId?: number;
  readonly clientId?: string | null;
}

export class Client {
  readonly #socket: net.Socket;
  readonly #frames: Buffer[] = [];
  readonly #waiting: ((frame: Buffer | null) => void)[] = [];
  #rest: Buffer[] = [];
  #restBytes = 0;
  #isClosed = false;
  #receivedBytes = 0;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => this.#end());
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
  }

  /** `from` is the client's own address; all of 127.0.0.0/8 belongs to this machine. */
  static connect(address: string, from = "127.0.0.1"): Promise<Client> {
    const [host = "", port = ""] = address.split(":");
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host, port: Number(port), localAddress: from, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Client(socket));
      });
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes of answers so far. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Bytes that the other side has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  send(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#socket.write(bytes);
  }

  /** From here on nothing is read, as by a client that hangs. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** The next answer without its length; null when the broker has closed the connection. */
  answer(): Promise<Buffer | null> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    if (this.#isClosed) return Promise.resolve(null);
    const coming = new Promise<Buffer | null>((resolve) => this.#waiting.push(resolve));
    return within("an answer, or the end of the connection", ANSWER_MS_MAX, coming);
  }

  exchange(bytes: Uint8Array): Promise<Buffer | null> {
    this.send(bytes);
    return this.answer();
  }

  /** Sends a request as it should be, and decodes the answer; rejects when there is none. */
  async call<A extends Api>(
    api: A,
    version: number,
    request: RequestInputOf<A>,
    options: FrameOptions = {},
  ): Promise<ResponseDecodedOf<A>> {
    const frame = await this.exchange(requestFrame(api, version, request, options));
    if (frame === null) throw new Error(`the connection was closed upon ${api.name} v${version}`);
    return decodeAnswer(api, version, frame);
  }

  destroy(): void {
    this.#socket.destroy();
    this.#end();
  }

  #receive(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    while (this.#restBytes >= 4) {
      const length = this.#peekLength();
      if (this.#restBytes < 4 + length) return;
      const whole = this.#rest.length === 1 ? (this.#rest[0] as Buffer) : Buffer.concat(this.#rest);
      this.#rest = [whole.subarray(4 + length)];
      this.#restBytes -= 4 + length;
      this.#give(whole.subarray(4, 4 + length));
    }
  }

  #peekLength(): number {
    const first = this.#rest[0] as Buffer;
    if (first.length >= 4) return first.readInt32BE(0);
    this.#rest = [Buffer.concat(this.#rest)];
    return (this.#rest[0] as Buffer).readInt32BE(0);
  }

  #give(frame: Buffer): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#frames.push(frame);
    else waiting(frame);
  }

  #end(): void {
    this.#isClosed = true;
    for (const waiting of this.#waiting.splice(0)) waiting(null);
  }
}

/** A whole frame, its length included. */
export function requestFrame<A extends Api>(
  api: A,
  version: number,
  request: RequestInputOf<A>,
  { correlationId = 1, clientId = "hostile" }: FrameOptions = {},
): Buffer {
  const writer = new ByteWriter();
  writeRequestHeader(writer, api, version, { correlationId, clientId });
  api.request.write(writer, version, request as never);
  return framed(writer.finish());
}

/** `body` with its length before it; `length` where it shall lie. */
export function framed(body: Uint8Array, length = body.length): Buffer {
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeInt32BE(length);
  frame.set(body, 4);
  return frame;
}

/** The header of a request, to put any body behind it. */
export function headerBytes(api: Pick<Api, "key">, version: number, isFlexible: boolean): Buffer {
  const header = Buffer.from([0, api.key, 0, version, 0, 0, 0, 1, 0, 1, 0x68]);
  return isFlexible ? Buffer.concat([header, Buffer.from([0])]) : header;
}

export function decodeAnswer<A extends Api>(
  api: A,
  version: number,
  frame: Buffer,
): ResponseDecodedOf<A> {
  const reader = new ByteReader(frame);
  readResponseHeader(reader, api, version);
  const response = api.response.read(reader, version);
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes behind the answer`);
  return response as ResponseDecodedOf<A>;
}

/** Overwrites the int64 `marker` wherever it stands in `frame`: for values that no number can hold. */
export function replaceInt64(frame: Buffer, marker: bigint, value: bigint): Buffer {
  const wanted = Buffer.alloc(8);
  wanted.writeBigInt64BE(marker);
  let count = 0;
  for (let at = frame.indexOf(wanted); at >= 0; at = frame.indexOf(wanted, at + 8)) {
    frame.writeBigInt64BE(value, at);
    count += 1;
  }
  if (count === 0) throw new Error("the marker is not in the frame");
  return frame;
}

/** Runs `work` on every item, `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
