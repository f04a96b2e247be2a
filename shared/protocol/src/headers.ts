/**
 * What goes before every request and every response (KIP-482).
 *
 * Request header: v1, or v2 in flexible versions of an API; its client id keeps the int16 length in
 * both. Response header: v0, or v1 with tagged fields; always v0 for ApiVersions (KIP-511).
 */
import type { ByteReader } from "@runnel/kit/byte-reader.ts";
import type { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { type Api, Message } from "./api.ts";
import { type Decoded, int16, int32, string } from "./schema.ts";

const requestHeader = {
  requestApiKey: int16(),
  requestApiVersion: int16(),
  correlationId: int32(),
  clientId: string({ versions: "1+", nullable: "1+", flexible: "none" }),
} as const;

export const RequestHeader = new Message("RequestHeader", requestHeader, [1, 2], 2);

export const ResponseHeader = new Message(
  "ResponseHeader",
  { correlationId: int32() } as const,
  [0, 1],
  1,
);

export type RequestHeaderFields = Decoded<typeof requestHeader>;

/** The API key and version with which a request begins; the reader stays where it is. */
export function peekRequest(reader: ByteReader): { apiKey: number; apiVersion: number } {
  const start = reader.offset;
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  reader.offset = start;
  return { apiKey, apiVersion };
}

/** Reads the header of a request of `api` in `version`, and leaves the reader at the body. */
export function readRequestHeader(
  reader: ByteReader,
  api: Api,
  version: number,
): RequestHeaderFields {
  return RequestHeader.read(reader, api.requestHeaderVersion(version));
}

/** Writes the header of a request of `api` in `version`. */
export function writeRequestHeader(
  writer: ByteWriter,
  api: Api,
  version: number,
  { correlationId, clientId }: { readonly correlationId: number; readonly clientId: string | null },
): void {
  RequestHeader.write(writer, api.requestHeaderVersion(version), {
    requestApiKey: api.key,
    requestApiVersion: version,
    correlationId,
    clientId,
  });
}

/** Reads the header of a response of `api` in `version`; returns the correlation id. */
export function readResponseHeader(reader: ByteReader, api: Api, version: number): number {
  return ResponseHeader.read(reader, api.responseHeaderVersion(version)).correlationId;
}

/** Writes the header of a response of `api` in `version`. */
export function writeResponseHeader(
  writer: ByteWriter,
  api: Api,
  version: number,
  correlationId: number,
): void {
  ResponseHeader.write(writer, api.responseHeaderVersion(version), { correlationId });
}
