/**
 * Who may talk to the console at all. A browser that was led here under a foreign name (DNS
 * rebinding) gives itself away by `Host`, a page of another site by `Origin` or `Sec-Fetch-Site`.
 */
import type { IncomingMessage } from "node:http";
import { hostOf, isLoopback } from "./addresses.ts";
import type { Refusal } from "./refusal.ts";

export interface GuardOptions {
  /** Hosts, in lower case and without ports, that are ours besides loopback names. */
  readonly allowedHosts: ReadonlySet<string>;
}

const HEADERS_MAX = 100;
const URL_CHARS_MAX = 16_384;
const READING = new Set(["GET", "HEAD"]);
const WRITING = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** Why the request is refused before anything else happens; null when it may go on. */
export function refuse(request: IncomingMessage, { allowedHosts }: GuardOptions): Refusal | null {
  const { method = "", url = "", headers } = request;
  if (!READING.has(method) && !WRITING.has(method)) {
    return { status: 405, title: "Method Not Allowed", detail: `${method} is not served here` };
  }
  if (request.rawHeaders.length / 2 > HEADERS_MAX) {
    const detail = `more than ${HEADERS_MAX} headers`;
    return { status: 431, title: "Request Header Fields Too Large", detail };
  }
  if (!url.startsWith("/") || url.startsWith("//")) {
    return { status: 400, title: "Bad Request", detail: "the target must be a path" };
  }
  if (url.length > URL_CHARS_MAX) {
    return { status: 414, title: "URI Too Long", detail: `at most ${URL_CHARS_MAX} characters` };
  }
  const host = hostOf(headers.host);
  if (host === null || !(isLoopback(host) || allowedHosts.has(host))) {
    return {
      status: 421,
      title: "Misdirected Request",
      detail: "the Host header does not name this console",
      remedy: "open it under localhost, or name the host with --allow-host when it is started",
    };
  }
  return refuseSite(request);
}

/** Pages of other sites may link to pages of ours, but neither read data nor change anything. */
function refuseSite({ method = "", url = "", headers }: IncomingMessage): Refusal | null {
  const site = headers["sec-fetch-site"];
  const isForeignSite = site !== undefined && site !== "same-origin" && site !== "none";
  const isData = url.startsWith("/api/");
  if (READING.has(method)) {
    return isData && isForeignSite ? foreign("data is not for pages of other sites") : null;
  }
  if (isForeignSite) return foreign("the request comes from a page of another site");
  const { origin } = headers;
  if (origin === undefined) return foreign("a change must say where it comes from: Origin");
  return origin === `http://${headers.host}` || origin === `https://${headers.host}`
    ? null
    : foreign("the Origin is not this console");
}

function foreign(detail: string): Refusal {
  return { status: 403, title: "Forbidden", detail };
}
