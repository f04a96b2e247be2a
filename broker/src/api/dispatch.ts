/**
 * From a frame to a handler and back: decodes header and body, calls the handler of the API, encodes
 * its response. What does not follow the protocol throws `DecodeError`, which ends the connection; so
 * does an API or a version that is not served, as with Kafka. Only ApiVersions of a version to come is
 * answered, so that newer clients can find out what to speak (KIP-511).
 */
import { assert } from "@runnel/kit/assert.ts";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import type { Clock } from "@runnel/kit/world.ts";
import type { Api, ResponseOf } from "@runnel/protocol/api.ts";
import { errorName } from "@runnel/protocol/errors.ts";
import { ApiVersionsApi } from "@runnel/protocol/messages/18-api-versions.ts";
import { ANONYMOUS } from "#auth/authorizer.ts";
import { safeText } from "#metrics/log-text.ts";
import type { Counter, Histogram } from "#metrics/metric.ts";
import { ConnectionAbort } from "#net/connection-abort.ts";
import type { Dispatch, Peer, Reply } from "#net/ports.ts";
import { unsupportedApiVersions } from "./18-api-versions.ts";
import { type ErrorVisitor, errorVisitor } from "./error-codes.ts";
import type { Handler, RequestContext } from "./handler.ts";
import type { ApiProbe } from "./probe.ts";
import { readClientId, skipTaggedFields } from "./request-header.ts";

/** A handler of any API. */
export type AnyHandler<Services> = Handler<Api, Services>;

/** Characters of a client's name that a log line shows. */
const CLIENT_ID_SHOWN = 64;
const METADATA_KEY = 3;
/** Room for a response without records; it grows where that is not enough. */
const RESPONSE_BYTES = 256;

interface Entry<Services> {
  readonly handler: AnyHandler<Services>;
  readonly api: Api;
  readonly versionMin: number;
  readonly versionMax: number;
  readonly requests: Counter;
  readonly seconds: Histogram;
  readonly countErrors: ErrorVisitor;
}

/** The request that an answer belongs to. */
interface Call<Services> {
  readonly entry: Entry<Services>;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly receivedAt: number;
  readonly reply: Reply;
}

type Response = ResponseOf<Api>;

/** `handlers` is the explicit list of what is served; one handler for each API. */
export function createDispatch<Services>(options: {
  readonly handlers: readonly AnyHandler<Services>[];
  readonly services: Services;
  readonly clock: Clock;
  readonly probe: ApiProbe;
}): Dispatch {
  const { handlers, services, clock, probe } = options;
  const entries: Entry<Services>[] = [];
  for (const handler of handlers) {
    const { api, versions } = handler;
    assert(entries[api.key] === undefined, `two handlers of ${api.name}`);
    entries[api.key] = {
      handler,
      api,
      versionMin: versions[0],
      versionMax: versions[1],
      requests: probe.requests.get(api.name),
      seconds: probe.seconds.get(api.name),
      countErrors: errorVisitor(api.response.schema),
    };
  }

  const countError = (errorCode: number): void => probe.errors.get(errorName(errorCode)).add();
  const answer = (call: Call<Services>, response: Response | null): void => {
    const { entry, apiVersion, correlationId, reply } = call;
    entry.seconds.observe((clock.monotonicMs() - call.receivedAt) / 1000);
    if (response === null) {
      reply.send(null);
      return;
    }
    entry.countErrors(response, countError);
    reply.send(encode(entry.api, apiVersion, correlationId, response));
  };

  return (frame, peer, receivedAt, reply) => {
    const reader = new ByteReader(frame);
    const apiKey = reader.int16();
    const apiVersion = reader.int16();
    const correlationId = reader.int32();
    const entry = apiKey < 0 ? undefined : entries[apiKey];
    if (entry === undefined) throw new DecodeError(`API ${apiKey} is not served`);
    entry.requests.add();
    const call: Call<Services> = { entry, apiVersion, correlationId, receivedAt, reply };
    if (apiVersion < entry.versionMin || apiVersion > entry.versionMax) {
      if (apiKey !== ApiVersionsApi.key) {
        throw new DecodeError(`${entry.api.name} v${apiVersion} is not served`);
      }
      answer({ ...call, apiVersion: 0 }, unsupportedApiVersions(handlers));
      return;
    }
    const clientId = readHeaderRest(reader, entry.api, apiVersion);
    const request = readBody(reader, entry.api, apiVersion, clientId);
    const context = contextOf(peer, apiVersion, clientId, receivedAt);
    const result = entry.handler.handle(request, services, context);
    if (!(result instanceof Promise)) {
      answer(call, result);
      return;
    }
    result
      .then((response) => answer(call, response))
      .catch((error: unknown) => reply.fail(asFailure(error, call)));
  };
}

/** Reads what the fixed part of a header is followed by; returns the client id. */
function readHeaderRest(reader: ByteReader, api: Api, apiVersion: number): string {
  const clientId = readClientId(reader);
  if (api.requestHeaderVersion(apiVersion) === 2) skipTaggedFields(reader);
  return clientId;
}

function readBody(
  reader: ByteReader,
  api: Api,
  apiVersion: number,
  clientId: string,
): ReturnType<Api["request"]["read"]> {
  try {
    const request = api.request.read(reader, apiVersion);
    if (reader.remaining === 0 || isKnownSurplus(api, reader)) return request;
    throw new DecodeError(`${reader.remaining} bytes after the end`);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    const who = safeText(clientId, CLIENT_ID_SHOWN);
    const message = `${api.name} v${apiVersion} of client "${who}": ${cause.message}`;
    throw new DecodeError(message, { cause });
  }
}

/**
 * Bytes that real clients send behind the end of a request: librdkafka 2.16 asks Metadata v13 for all
 * topics with a classic null of 4 bytes where a compact one of 1 belongs. Kafka reads past any.
 */
const SURPLUS_BYTES_MAX: ReadonlyMap<number, number> = new Map([[METADATA_KEY, 3]]);

function isKnownSurplus(api: Api, reader: ByteReader): boolean {
  return reader.remaining <= (SURPLUS_BYTES_MAX.get(api.key) ?? 0);
}

function contextOf(
  peer: Peer,
  apiVersion: number,
  clientId: string,
  receivedAt: number,
): RequestContext {
  return {
    apiVersion,
    clientId,
    clientHost: peer.clientHost,
    principal: ANONYMOUS,
    connectionId: peer.id,
    connection: peer,
    listenerName: peer.listenerName,
    localAddress: peer.localAddress,
    localPort: peer.localPort,
    receivedAt,
  };
}

/** A whole response frame, its length included, as parts. */
function encode(
  api: Api,
  apiVersion: number,
  correlationId: number,
  response: Response,
): readonly Uint8Array[] {
  const writer = new ByteWriter(RESPONSE_BYTES);
  writer.int32(0);
  writer.int32(correlationId);
  if (api.responseHeaderVersion(apiVersion) === 1) writer.uvarint(0);
  api.response.write(writer, apiVersion, response);
  writer.patchInt32AtStart(writer.length - 4);
  return writer.parts();
}

function asFailure<Services>(cause: unknown, { entry, apiVersion }: Call<Services>): Error {
  if (cause instanceof DecodeError || cause instanceof ConnectionAbort) return cause;
  return new Error(`${entry.api.name} v${apiVersion} failed`, { cause });
}
