/** A Kafka connection for fault tests: raw requests, answers in order, everything fails on a cut. */
import * as net from "node:net";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { readResponseHeader, writeRequestHeader } from "@runnel/protocol/headers.ts";

interface Pending {
  readonly api: Api;
  readonly version: number;
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Wire {
  readonly #socket: net.Socket;
  readonly #pending: Pending[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #failure: Error | null = null;
  #correlationId = 0;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the connection was closed")));
  }

  static connect(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Wire(socket));
      });
    });
  }

  /** Sends a request; answers come in the order of requests. */
  call<A extends Api>(
    api: A,
    version: number,
    request: RequestInputOf<A>,
  ): Promise<ResponseDecodedOf<A>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      const writer = new ByteWriter();
      writer.int32(0);
      this.#correlationId += 1;
      writeRequestHeader(writer, api, version, {
        correlationId: this.#correlationId,
        clientId: "chaos",
      });
      api.request.write(writer, version, request as never);
      const frame = writer.finish();
      new DataView(frame.buffer, frame.byteOffset).setInt32(0, frame.length - 4);
      this.#pending.push({ api, version, resolve: resolve as (value: unknown) => void, reject });
      this.#socket.write(frame);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const length = this.#rest.readInt32BE(0);
      if (this.#rest.length < 4 + length) return;
      const frame = this.#rest.subarray(4, 4 + length);
      this.#rest = this.#rest.subarray(4 + length);
      const pending = this.#pending.shift();
      if (pending === undefined) throw new Error("an answer without a request");
      const reader = new ByteReader(frame);
      readResponseHeader(reader, pending.api, pending.version);
      pending.resolve(pending.api.response.read(reader, pending.version));
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const pending of this.#pending.splice(0)) pending.reject(this.#failure);
  }
}
