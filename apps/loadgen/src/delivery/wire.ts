/** One connection that sends frames and hands out their answers in order. */
import * as net from "node:net";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { readResponseHeader } from "@runnel/protocol/headers.ts";
import { frameOf } from "../requests.ts";

interface Waiting {
  resolve(answer: Buffer): void;
  reject(error: Error): void;
}

export class Wire implements Disposable {
  readonly #socket: net.Socket;
  readonly #waiting: Waiting[] = [];
  #rest: Buffer = Buffer.alloc(0);

  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Wire(socket)));
    });
  }

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  /** The answer without its length. */
  exchange(frame: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(frame);
    });
  }

  async call<A extends Api>(
    api: A,
    version: number,
    request: RequestInputOf<A>,
  ): Promise<ResponseDecodedOf<A>> {
    const reader = new ByteReader(await this.exchange(frameOf(api, version, request)));
    readResponseHeader(reader, api, version);
    return api.response.read(reader, version) as ResponseDecodedOf<A>;
  }

  [Symbol.dispose](): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readInt32BE(0);
      if (this.#rest.length < end) return;
      this.#waiting.shift()?.resolve(this.#rest.subarray(4, end));
      this.#rest = this.#rest.subarray(end);
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
