/**
 * Who may talk to the admin port at all: pages of other sites may not, however they got here.
 *
 * A browser that was led here under a foreign name (DNS rebinding) gives itself away by `Host`, a page
 * of another site by `Origin` or `Sec-Fetch-Site`. Programs send neither of the last two. What a foreign
 * page reads it would not be shown, but the work would be done: it may not ask for anything under `/v1`.
 */
import type { HttpBindings } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import { isLoopback } from "#config/address.ts";
import { problem } from "./problem.ts";

export interface GuardOptions {
  /** Hosts, without ports, that are ours besides loopback names and the address of the connection. */
  readonly allowedHosts: readonly string[];
}

/** Headers of one request; a request with more is refused. */
const HEADERS_MAX = 100;
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
const METHODS = new Set([...SAFE_METHODS, "POST", "PUT", "PATCH", "DELETE"]);

export type AdminEnv = { Bindings: HttpBindings };

/** Refuses, before anything else happens, what does not come from where it should. */
export function guard({ allowedHosts }: GuardOptions): MiddlewareHandler<AdminEnv> {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return async (context, next) => {
    const { incoming } = context.env;
    const { method } = context.req;
    if (!METHODS.has(method)) {
      return methodNotAllowed(method, [...METHODS]);
    }
    if (incoming.rawHeaders.length / 2 > HEADERS_MAX) {
      return problem("too-many-headers", {
        detail: `more than ${HEADERS_MAX} headers`,
        remedy: "Send fewer headers.",
      });
    }
    const isOurs = (host: string | null): boolean =>
      host !== null &&
      (isLoopback(host) ||
        allowed.has(host) ||
        host === plainAddress(incoming.socket.localAddress));
    if (!isOurs(hostOf(context.req.header("host")))) {
      return problem("misdirected-request", {
        detail: "the Host header does not name this broker",
        remedy:
          "Use a loopback name or the address of `runnel.admin.listener`, or add the name to `runnel.admin.allowed.hosts`.",
      });
    }
    if (hasDotSegment(incoming.url ?? "")) {
      return problem("invalid-request", {
        detail: "the path has a segment `.` or `..`",
        remedy: "Send the path without it, also without it in percent-encoding.",
      });
    }
    const isGuarded = !SAFE_METHODS.has(method) || context.req.path.startsWith("/v1/");
    if (isGuarded && isFromForeignPage(context.req.raw.headers)) {
      return problem("forbidden", {
        detail: "the request comes from a page of another site",
        remedy: "Use the console, or a program that is no page of a browser.",
      });
    }
    await next();
    context.header("x-content-type-options", "nosniff");
    context.header("cross-origin-resource-policy", "same-origin");
    context.header("cache-control", "no-store");
    return undefined;
  };
}

/** The answer to a method that is not served; `allowed` are those that are. */
export function methodNotAllowed(method: string, allowed: readonly string[]): Response {
  const allow = allowed.join(", ");
  const remedy = `Use one of ${allow}.`;
  return problem("method-not-allowed", {
    detail: `${method} is not served here`,
    remedy,
    headers: { allow },
  });
}

/**
 * Whether a browser says that another page than one of this port asks: whatever else is on this machine
 * has the same host, and another port.
 */
function isFromForeignPage(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site") ?? "none";
  if (site !== "none" && site !== "same-origin") return true;
  const origin = headers.get("origin")?.toLowerCase();
  const host = headers.get("host")?.toLowerCase();
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

/** Whether the target of a request climbs, in a form that reading it as a URL would undo. */
function hasDotSegment(target: string): boolean {
  const [path = ""] = target.split(/[?#]/, 1);
  return path.split(/[/\\]/).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}

/** The host of `host:port`, in lower case and without brackets; null for what is none. */
function hostOf(header: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? "");
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}

/** An IPv4 address without the prefix that sockets of both families put before it. */
function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}
