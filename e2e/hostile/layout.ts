/**
 * Requests written from their schemas with every length noted, so that each can be made to lie. Arrays
 * get one element, so that what is inside them is reached.
 */
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import type { Api } from "@runnel/protocol/api.ts";
import { APIS } from "@runnel/protocol/apis.ts";
import { ApiVersionsApi } from "@runnel/protocol/messages/18-api-versions.ts";
import { type Field, hasVersion, type Schema } from "@runnel/protocol/schema.ts";
import { Client, headerBytes } from "./client.ts";

export interface ServedVersion {
  readonly api: Api;
  readonly version: number;
}

/** A length in the bytes of a request. */
export interface NotedLength {
  /** Field names from the top, joined by dots. */
  readonly path: string;
  readonly kind: "array" | "string" | "bytes";
  readonly at: number;
  /** Bytes that the length takes. */
  readonly size: number;
  /** A uvarint of length + 1; else int16 for strings and int32 for the rest. */
  readonly isCompact: boolean;
  readonly isNullable: boolean;
}

export interface NotedRequest {
  /** Header and body, without the frame's length. */
  readonly bytes: Buffer;
  readonly lengths: readonly NotedLength[];
}

/** Every API and version that the broker at `address` says it serves. */
export async function servedVersions(address: string): Promise<ServedVersion[]> {
  const client = await Client.connect(address);
  const { apiKeys } = await client.call(ApiVersionsApi, 0, {});
  client.destroy();
  return APIS.flatMap((api) => {
    const served = apiKeys.find(({ apiKey }) => apiKey === api.key);
    if (served === undefined) return [];
    const first = Math.max(api.versions[0], served.minVersion);
    const last = Math.min(api.versions[1], served.maxVersion);
    return Array.from({ length: last - first + 1 }, (_, index) => ({
      api,
      version: first + index,
    }));
  });
}

/** One request of `api`: every array with one element, every text "x". */
export function notedRequest(api: Api, version: number): NotedRequest {
  const isFlexible = api.request.isFlexible(version);
  const header = headerBytes(api, version, isFlexible);
  const body = new Noted(version, isFlexible);
  body.struct(api.request.schema, "");
  const { bytes, lengths } = body.finish(header.length);
  return { bytes: Buffer.concat([header, bytes]), lengths };
}

/** `request` up to `length`, which then says `says`, and `rest` behind it. */
export function withLength(
  request: NotedRequest,
  length: NotedLength,
  says: number,
  rest: Uint8Array = new Uint8Array(16),
): Buffer {
  const writer = new ByteWriter(16);
  if (length.isCompact) writer.uvarint((says + 1) >>> 0);
  else if (length.kind === "string") writer.int16(says);
  else writer.int32(says);
  return Buffer.concat([request.bytes.subarray(0, length.at), writer.finish(), rest]);
}

/** Collects bytes and lengths in the order of the wire. */
class Noted {
  readonly #version: number;
  readonly #isFlexible: boolean;
  readonly #parts: Uint8Array[] = [];
  readonly #lengths: NotedLength[] = [];
  #size = 0;

  constructor(version: number, isFlexible: boolean) {
    this.#version = version;
    this.#isFlexible = isFlexible;
  }

  finish(offset: number): NotedRequest {
    const lengths = this.#lengths.map((length) => ({ ...length, at: length.at + offset }));
    return { bytes: Buffer.concat(this.#parts), lengths };
  }

  struct(schema: Schema, path: string): void {
    const tagged: { readonly tag: number; readonly name: string; readonly field: Field }[] = [];
    for (const [name, field] of Object.entries(schema)) {
      const { versions, tag, tagged: taggedIn } = field.options;
      if (!hasVersion(versions ?? taggedIn, this.#version, true)) continue;
      const place = path === "" ? name : `${path}.${name}`;
      if (tag !== undefined && hasVersion(taggedIn, this.#version, true)) {
        tagged.push({ tag, name: place, field });
      } else this.#field(field, place);
    }
    if (!this.#isFlexible) return;
    tagged.sort((a, b) => a.tag - b.tag);
    this.#uvarint(tagged.length);
    for (const { tag, name, field } of tagged) this.#tagged(tag, field, name);
  }

  #tagged(tag: number, field: Field, path: string): void {
    const inner = new Noted(this.#version, true);
    inner.#field(field, path);
    this.#uvarint(tag);
    this.#uvarint(inner.#size);
    const { bytes, lengths } = inner.finish(this.#size);
    this.#lengths.push(...lengths);
    this.#add(bytes);
  }

  #field(field: Field, path: string): void {
    const isNullable = hasVersion(field.options.nullable, this.#version, false);
    switch (field.kind) {
      case "array":
        this.#length("array", 1, { path, isNullable, field });
        this.#field(field.element as Field, path);
        break;
      case "struct":
        if (isNullable) this.#add(Uint8Array.of(1));
        this.struct(field.fields as Schema, path);
        break;
      case "string":
        this.#length("string", 1, { path, isNullable, field });
        this.#add(Uint8Array.of(0x78));
        break;
      case "bytes":
      case "records":
        this.#length("bytes", 0, { path, isNullable, field });
        break;
      default:
        this.#add(new Uint8Array(SIZES[field.kind]));
    }
  }

  #length(
    kind: NotedLength["kind"],
    length: number,
    { path, isNullable, field }: { path: string; isNullable: boolean; field: Field },
  ): void {
    const isCompact = this.#isFlexible && field.options.flexible !== "none";
    const size = isCompact ? 1 : kind === "string" ? 2 : 4;
    this.#lengths.push({ path, kind, at: this.#size, size, isCompact, isNullable });
    if (isCompact) this.#uvarint(length + 1);
    else {
      const bytes = new Uint8Array(size);
      bytes[size - 1] = length;
      this.#add(bytes);
    }
  }

  #uvarint(value: number): void {
    const writer = new ByteWriter(8);
    writer.uvarint(value);
    this.#add(writer.finish());
  }

  #add(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }
}

const SIZES = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  bigint64: 8,
  float64: 8,
  uuid: 16,
} as const;
