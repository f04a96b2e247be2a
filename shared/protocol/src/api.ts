/**
 * An API: its key, its versions, and the codecs of request and response in each of them.
 *
 * The codec of a version is composed when it is first used and kept.
 */
import { assert } from "@runnel/kit/assert.ts";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import type { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { compile, type StructCodec } from "./codec.ts";
import type { Decoded, Input, Schema } from "./schema.ts";

/** One message of an API, or a record's key or value. */
export class Message<const S extends Schema = Schema> {
  readonly name: string;
  readonly schema: S;
  /** First and last version, both included. */
  readonly versions: readonly [min: number, max: number];
  /** The first flexible version; null for none. */
  readonly flexible: number | null;
  readonly #codecs = new Map<number, StructCodec<S>>();

  constructor(
    name: string,
    schema: S,
    versions: readonly [number, number],
    flexible: number | null,
  ) {
    this.name = name;
    this.schema = schema;
    this.versions = versions;
    this.flexible = flexible;
  }

  isFlexible(version: number): boolean {
    return this.flexible !== null && version >= this.flexible;
  }

  /** Reads one message and leaves the reader behind it. Throws `DecodeError`. */
  read(reader: ByteReader, version: number): Decoded<S> {
    return this.#codec(version).decode(reader);
  }

  /** Reads one message that must fill `bytes` to the end. Throws `DecodeError`. */
  decode(bytes: Uint8Array, version: number): Decoded<S> {
    const reader = new ByteReader(bytes);
    const value = this.read(reader, version);
    if (reader.remaining > 0) {
      throw new DecodeError(`${this.name} v${version}: ${reader.remaining} bytes after the end`);
    }
    return value;
  }

  /** Appends `value` to `writer`; fields that the version lacks are left out. */
  write(writer: ByteWriter, version: number, value: Input<S>): void {
    this.#codec(version).encode(writer, value);
  }

  #codec(version: number): StructCodec<S> {
    let codec = this.#codecs.get(version);
    if (codec === undefined) {
      const [min, max] = this.versions;
      assert(version >= min && version <= max, `${this.name} has no version ${version}`);
      codec = compile(this.schema, version, this.isFlexible(version));
      this.#codecs.set(version, codec);
    }
    return codec;
  }
}

/** One API of the protocol: both its messages, and which header goes before them. */
export interface Api<Req extends Schema = Schema, Res extends Schema = Schema> {
  readonly key: number;
  readonly name: string;
  readonly versions: readonly [min: number, max: number];
  readonly request: Message<Req>;
  readonly response: Message<Res>;
  /** 1, or 2 for a flexible request (RequestHeader.json). */
  requestHeaderVersion(version: number): 1 | 2;
  /** 0, or 1 for a flexible response; ApiVersions always 0 (KIP-511). */
  responseHeaderVersion(version: number): 0 | 1;
}

export type RequestOf<A> = A extends Api<infer Req, infer _Res> ? Decoded<Req> : never;
export type ResponseOf<A> = A extends Api<infer _Req, infer Res> ? Input<Res> : never;
/** What a client of the API writes, and what it reads back. */
export type RequestInputOf<A> = A extends Api<infer Req, infer _Res> ? Input<Req> : never;
export type ResponseDecodedOf<A> = A extends Api<infer _Req, infer Res> ? Decoded<Res> : never;

const API_VERSIONS_KEY = 18;

/** Makes an `Api`; `flexible` is the first flexible version of both messages, null for none. */
export function defineApi<const Req extends Schema, const Res extends Schema>(definition: {
  readonly key: number;
  readonly name: string;
  readonly versions: readonly [min: number, max: number];
  readonly flexible: number | null;
  readonly request: Req;
  readonly response: Res;
}): Api<Req, Res> {
  const { key, name, versions, flexible } = definition;
  const request = new Message(`${name}Request`, definition.request, versions, flexible);
  const response = new Message(`${name}Response`, definition.response, versions, flexible);
  return {
    key,
    name,
    versions,
    request,
    response,
    requestHeaderVersion: (version) => (request.isFlexible(version) ? 2 : 1),
    responseHeaderVersion: (version) =>
      key !== API_VERSIONS_KEY && response.isFlexible(version) ? 1 : 0,
  };
}
