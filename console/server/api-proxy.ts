/**
 * The way from the browser to the admin API: one pool of kept-alive connections, bodies streamed
 * both ways, a browser that leaves ends its request upstream. Headers pass by list, not by default.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Dispatcher, Pool } from "undici";
import { type Address, formatAddress } from "./addresses.ts";
import { upstreamPath } from "./api-path.ts";
import { type Refusal, sendRefusal } from "./refusal.ts";

/** Requests under way at once, live streams among them; more wait for one to end. */
const CONNECTIONS_MAX = 256;
/** What a change may send; the admin API has the same limit. */
const BODY_BYTES_MAX = 1_048_576;
/** A scan that queues answers with headers at once; nothing honest takes longer than this. */
const HEADERS_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 2_000;

const REQUEST_HEADERS = [
  "accept",
  "content-type",
  "if-match",
  "if-none-match",
  "idempotency-key",
  "last-event-id",
  "user-agent",
] as const;
const RESPONSE_HEADERS = [
  "allow",
  "content-disposition",
  "content-length",
  "content-type",
  "etag",
  "location",
  "retry-after",
] as const;
const BODY_METHODS = new Set(["POST", "PUT", "PATCH", "DELETE"]);

export class ApiProxy {
  #pool: Pool;
  #upstream: string;

  constructor(admin: Address) {
    this.#upstream = formatAddress(admin);
    this.#pool = createPool(this.#upstream);
  }

  /** Later requests go to `admin`; those under way end where they began. */
  moveTo(admin: Address): void {
    const upstream = formatAddress(admin);
    if (upstream === this.#upstream) return;
    const previous = this.#pool;
    this.#upstream = upstream;
    this.#pool = createPool(upstream);
    previous.close().catch(() => {});
  }

  /** Answers the request in every case. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = upstreamPath(request.url ?? "");
    if (path === null) {
      sendRefusal(response, { status: 404, title: "Not Found", detail: "nothing is served there" });
      return;
    }
    const tooLarge = refuseBody(request);
    if (tooLarge !== null) {
      sendRefusal(response, tooLarge);
      return;
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    try {
      const answer = await this.#send(request, path, gone.signal);
      response.writeHead(answer.statusCode, responseHeaders(answer.headers));
      response.flushHeaders();
      await pipeline(answer.body, response);
    } catch (error) {
      if (!gone.signal.aborted) sendRefusal(response, this.#explain(error));
    }
  }

  async stop(): Promise<void> {
    await this.#pool.destroy();
  }

  #send(
    request: IncomingMessage,
    path: string,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const method = request.method as Dispatcher.HttpMethod;
    const headers: Record<string, string> = {};
    for (const name of REQUEST_HEADERS) {
      const value = request.headers[name];
      if (typeof value === "string") headers[name] = value;
    }
    // For the log of changes: to the broker all that comes from here has the address of this server.
    headers["x-forwarded-for"] = request.socket.remoteAddress ?? "";
    const hasBody = BODY_METHODS.has(method) && hasContent(request);
    const body = hasBody ? request.pipe(new BodyLimit()) : null;
    return this.#pool.request({ method, path, headers, body, signal });
  }

  #explain(error: unknown): Refusal {
    if (error instanceof BodyTooLargeError) return BODY_TOO_LARGE;
    return {
      status: 502,
      title: "Broker unreachable",
      detail: `the admin API at ${this.#upstream} does not answer`,
      remedy: "see whether the broker runs; this page goes on by itself once it does",
    };
  }
}

function createPool(upstream: string): Pool {
  return new Pool(`http://${upstream}`, {
    connections: CONNECTIONS_MAX,
    pipelining: 1,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: HEADERS_TIMEOUT_MS,
    // A live stream is silent for as long as nothing happens.
    bodyTimeout: 0,
  });
}

const BODY_TOO_LARGE: Refusal = {
  status: 413,
  title: "Content Too Large",
  detail: `a request may have ${BODY_BYTES_MAX} bytes of content`,
};

function refuseBody(request: IncomingMessage): Refusal | null {
  if (!hasContent(request)) return null;
  if (Number(request.headers["content-length"] ?? 0) > BODY_BYTES_MAX) return BODY_TOO_LARGE;
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return null;
  const detail = "content must be application/json";
  return { status: 415, title: "Unsupported Media Type", detail };
}

function hasContent({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function responseHeaders(upstream: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const headers: Record<string, string> = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  };
  for (const name of RESPONSE_HEADERS) {
    const value = upstream[name];
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}

class BodyTooLargeError extends Error {}

/** Passes bytes on until they are more than a request may have. */
class BodyLimit extends Transform {
  #bytes = 0;

  override _transform(chunk: Uint8Array, _: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.#bytes > BODY_BYTES_MAX) done(new BodyTooLargeError());
    else done(null, chunk);
  }
}
