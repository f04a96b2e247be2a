/** From a row of the table of routes and a handler to an answer: the only way in and out of `/v1`. */

import type { RouteName } from "@runnel/contracts/paths.ts";
import type { AnswerOf, BodyOf, ParamsOf, QueryOf, Route } from "@runnel/contracts/routes.ts";
import { IoError } from "@runnel/kit/errors.ts";
import type { Context } from "hono";
import type { AdminEnv } from "../guard.ts";
import { Refusal } from "../problem.ts";
import { refusedChange } from "./audited.ts";
import { type Caller, callerAt } from "./caller.ts";
import type { IdempotentAnswers, KeptAnswer } from "./idempotency.ts";
import { readInput } from "./input.ts";
import type { V1Services } from "./services.ts";

/** One request, checked. */
export interface Call<N extends RouteName> {
  readonly params: ParamsOf<N>;
  readonly query: QueryOf<N>;
  readonly body: BodyOf<N>;
  /** The version that `If-Match` names; null where it names none. */
  readonly expectedVersion: string | null;
  readonly caller: Caller;
  /** The host name or address under which the caller reached this port. */
  readonly reachedAs: string;
  /** Only what stands above the body is wanted. */
  readonly isHead: boolean;
  /** Aborted when the client goes. */
  readonly signal: AbortSignal;
}

/** Answers a request, or throws a `Refusal`. A `Response` goes out as it is: for streams. */
export type V1Handler<N extends RouteName> = (
  call: Call<N>,
  services: V1Services,
) => AnswerOf<N> | Response | Promise<AnswerOf<N> | Response>;

/** A handler whose route is known to it alone. */
export type AnyHandler = (call: unknown, services: V1Services) => unknown;

/** A call of any route. */
export interface AnyCall {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly caller: Caller;
}

export interface Served {
  readonly name: RouteName;
  readonly route: Route;
  readonly handler: AnyHandler;
  readonly services: V1Services;
  readonly answers: IdempotentAnswers;
}

/** Answers one request; whatever is refused comes out as a problem. Rejects where there is a bug. */
export async function serve(served: Served, context: Context<AdminEnv>): Promise<Response> {
  try {
    return await answer(served, context);
  } catch (error) {
    if (error instanceof Refusal) return error.respond();
    // The disk or the metadata store: named by what it was doing.
    if (error instanceof IoError) return unavailable(error).respond();
    // Whatever it was, nobody waits for the answer: reading the body fails so, and work that gave up.
    if (isGone(context)) return new Response(null, { status: CLIENT_GONE });
    throw error;
  }
}

/** What a client that has gone would be answered; never seen by anybody. */
const CLIENT_GONE = 499;

function isGone({ req, env }: Context<AdminEnv>): boolean {
  return req.raw.signal.aborted || env.incoming.destroyed;
}

async function answer(served: Served, context: Context<AdminEnv>): Promise<Response> {
  const { name, route, answers } = served;
  const request = context.req.raw;
  const expectedVersion = readIfMatch(route, request);
  const input = await readInput(route, request);
  const { remoteAddress, localPort } = context.env.incoming.socket;
  const userAgent = request.headers.get("user-agent") ?? "";
  const forwardedFor = request.headers.get("x-forwarded-for");
  const caller = callerAt({ remoteAddress, localPort, userAgent, forwardedFor });
  const reachedAs = new URL(request.url).hostname.replace(/^\[|\]$/g, "");
  const isHead = request.method === "HEAD";
  const call = { ...input, expectedVersion, caller, reachedAs, isHead, signal: request.signal };
  const key = request.headers.get("idempotency-key");
  if (key !== null && route.takesIdempotencyKey === true) {
    const work = async (): Promise<KeptAnswer> => keep(route, await handle(served, call));
    return send(await answers.run(key, [name, input, caller.principal], work), null);
  }
  const result = await handle(served, call);
  if (result instanceof Response) return result;
  return send(keep(route, result), result);
}

/** Calls the handler; a change that it refuses before anybody was told is told here. */
async function handle({ name, handler, services }: Served, call: AnyCall): Promise<unknown> {
  try {
    return await handler(call, services);
  } catch (error) {
    const isTold = call.caller.actor.told.count > 0;
    const isDryRun = (call.query as { readonly dryRun?: boolean } | undefined)?.dryRun === true;
    const refused = isTold || isDryRun ? null : refusedChange(name, call, error);
    if (refused !== null) await services.changes.refuse(call.caller.actor, [refused]);
    throw error;
  }
}

function keep(route: Route, result: unknown): KeptAnswer {
  const isDryRun = (result as { readonly isDryRun?: boolean }).isDryRun === true;
  const status = isDryRun ? 200 : route.status;
  return { status, text: JSON.stringify(result) };
}

function send({ status, text }: KeptAnswer, result: unknown): Response {
  const headers: Record<string, string> = { "content-type": "application/json" };
  const { etag } = (result ?? {}) as { readonly etag?: string };
  if (etag !== undefined) headers["etag"] = `"${etag}"`;
  return new Response(text, { status, headers });
}

/** `If-Match: "etag"`, with or without quotes; `*` names none. */
function readIfMatch(route: Route, { headers }: Request): string | null {
  const text = headers.get("if-match")?.trim();
  if (text === undefined || text === "*") return null;
  const etag = /^(?:"([\x21\x23-\x7e]+)"|([\x21\x23-\x7e]+))$/.exec(text);
  const version = etag?.[1] ?? etag?.[2];
  if (version !== undefined && route.takesIfMatch === true) return version;
  const message =
    version === undefined
      ? "must be one etag, as the resource gave it"
      : "is not served here: nothing would be compared";
  throw new Refusal("invalid-request", {
    detail: `If-Match: it ${message}`,
    remedy: "Send the `etag` of the resource that is changed, or no If-Match.",
    errors: [{ in: "header", field: "if-match", message }],
  });
}

function unavailable(error: IoError): Refusal {
  return new Refusal("unavailable", {
    detail: error.message,
    remedy: "Try again; see the broker's log if it goes on.",
    headers: { "retry-after": "1" },
  });
}
