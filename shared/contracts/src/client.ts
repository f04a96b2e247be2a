/**
 * The client of the admin API: one function per route, typed by its schemas. Runs wherever there is a
 * `fetch`: in Node, in a browser, behind the console's proxy.
 *
 *   const client = createClient({ baseUrl: "http://127.0.0.1:9644" });
 *   const { items } = await client.listTopics({ query: { limit: 50 } });
 *   for await (const { event, data } of client.readEvents({ params: { topic: "orders" } })) …
 */
import { readMessages } from "./event-stream.ts";
import { PATHS, paramNames, type RouteName, type RoutePath } from "./paths.ts";
import type { Problem } from "./problem.ts";
import { PROBLEMS, type ProblemKind, problemKind, problemType } from "./problem-kinds.ts";
import type { AnswerOf, InputOf, Routes } from "./routes.ts";

export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** What stands before `/v1`: an origin, or a path of this one (`/api`). */
  readonly baseUrl: string;
  /** The platform's own where left out. */
  readonly fetch?: FetchLike;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sees every answer; may throw. `checkAnswer` of `check.ts` holds it against its schema. */
  readonly check?: (name: RouteName, body: unknown) => void;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** The etag that the change is based on: `precondition-failed` where it is not the current one. */
  readonly ifMatch?: string;
  /** Makes the same request, sent again, answer what the first one did. */
  readonly idempotencyKey?: string;
}

type NoInput<N extends RouteName> = unknown extends InputOf<N> ? true : false;
type IsOptional<N extends RouteName> = {} extends InputOf<N> ? true : false;

/** A stream begins with the first step of its iteration, and ends when that is left. */
type Answer<N extends RouteName> = Routes[N] extends { readonly isStream: true }
  ? AsyncGenerator<AnswerOf<N>, void>
  : Promise<AnswerOf<N>>;

type Call<N extends RouteName> =
  NoInput<N> extends true
    ? (input?: undefined, options?: CallOptions) => Answer<N>
    : IsOptional<N> extends true
      ? (input?: InputOf<N>, options?: CallOptions) => Answer<N>
      : (input: InputOf<N>, options?: CallOptions) => Answer<N>;

/** Every call rejects with `ApiError`, or with the reason of an aborted signal; so do its streams. */
export type Client = { readonly [N in RouteName]: Call<N> };

/** A refusal of the broker, or the want of an answer (`kind` "unreachable"). */
export class ApiError extends Error {
  override name = "ApiError";
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }

  /** Null for a kind that this version does not know. */
  get kind(): ProblemKind | null {
    return problemKind(this.problem);
  }
}

export function createClient(options: ClientOptions): Client {
  const names = Object.keys(PATHS) as RouteName[];
  const calls = names.map((name) => {
    const { isStream }: RoutePath = PATHS[name];
    const begin = isStream === true ? stream : send;
    return [
      name,
      (input: AnyInput = {}, call: CallOptions = {}) => begin(options, name, input, call),
    ];
  });
  return Object.fromEntries(calls) as Client;
}

interface AnyInput {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Path and query of a route, to be put behind a base URL. Throws `ApiError` for a segment of dots. */
export function urlOf(name: RouteName, { params = {}, query = {} }: AnyInput): string {
  let path: string = PATHS[name].path;
  for (const param of paramNames(path)) {
    const value = String(params[param] ?? "");
    // Whatever is between here and the broker would take it for a step up.
    if (value === "." || value === "..") throw dotSegment(param, value);
    path = path.replace(`{${param}}`, () => encodeURIComponent(value));
  }
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(key, String(one));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

async function send(
  options: ClientOptions,
  name: RouteName,
  input: AnyInput,
  call: CallOptions,
): Promise<unknown> {
  const { url, init } = requestOf(options, name, input, call);
  const body = await exchange(options.fetch ?? defaultFetch, url, init);
  options.check?.(name, body);
  return body;
}

async function* stream(
  options: ClientOptions,
  name: RouteName,
  input: AnyInput,
  call: CallOptions,
): AsyncGenerator<unknown, void> {
  const { url, init } = requestOf(options, name, input, call, "text/event-stream");
  const messages = readMessages(await open(options.fetch ?? defaultFetch, url, init));
  let isWhole = false;
  try {
    for (;;) {
      const step = await messages.next().catch((cause: unknown) => {
        init.signal?.throwIfAborted();
        throw unreachable(`${init.method} ${url} broke off: ${messageOf(cause)}`, cause);
      });
      if (step.done === true && isWhole) return;
      // All of our streams say that they are done; a connection that was cut does not.
      if (step.done === true) throw unreachable(`${init.method} ${url} ended before it was done`);
      const { event, data } = step.value;
      isWhole = event === "done";
      const message: unknown = { event, data: JSON.parse(data) };
      options.check?.(name, message);
      yield message;
    }
  } finally {
    await messages.return();
  }
}

function requestOf(
  options: ClientOptions,
  name: RouteName,
  input: AnyInput,
  call: CallOptions,
  accept = "application/json",
): { readonly url: string; readonly init: RequestInit } {
  const url = `${options.baseUrl.replace(/\/$/, "")}${urlOf(name, input)}`;
  const headers: Record<string, string> = { accept, ...options.headers };
  if (input.body !== undefined) headers["content-type"] = "application/json";
  if (call.ifMatch !== undefined) headers["if-match"] = `"${call.ifMatch}"`;
  if (call.idempotencyKey !== undefined) headers["idempotency-key"] = call.idempotencyKey;
  const init: RequestInit = { method: PATHS[name].method, headers };
  if (input.body !== undefined) init.body = JSON.stringify(input.body);
  if (call.signal !== undefined) init.signal = call.signal;
  return { url, init };
}

const defaultFetch: FetchLike = (url, init) => globalThis.fetch(url, init);

async function exchange(fetch: FetchLike, url: string, init: RequestInit): Promise<unknown> {
  const { response, text } = await receive(fetch, url, init);
  const body = parse(text);
  if (response.ok && body !== undefined) return body;
  if (isProblem(body)) throw new ApiError(body);
  throw unreachable(`${init.method} ${url} answered ${response.status} without JSON of ours`);
}

async function receive(
  fetch: FetchLike,
  url: string,
  init: RequestInit,
): Promise<{ readonly response: Response; readonly text: string }> {
  try {
    const response = await fetch(url, init);
    return { response, text: await response.text() };
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw unreachable(`${init.method} ${url} got no answer: ${messageOf(cause)}`, cause);
  }
}

/** The body of a stream. Throws what a call throws where the answer is none. */
async function open(
  fetch: FetchLike,
  url: string,
  init: RequestInit,
): Promise<ReadableStream<Uint8Array>> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw unreachable(`${init.method} ${url} got no answer: ${messageOf(cause)}`, cause);
  }
  const type = response.headers.get("content-type") ?? "";
  if (response.ok && response.body !== null && type.startsWith("text/event-stream")) {
    return response.body;
  }
  const body = parse(await response.text().catch(() => ""));
  if (isProblem(body)) throw new ApiError(body);
  throw unreachable(`${init.method} ${url} answered ${response.status} without a stream of ours`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  const { type, detail } = (body ?? {}) as { readonly type?: unknown; readonly detail?: unknown };
  return typeof type === "string" && typeof detail === "string";
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "");

function unreachable(detail: string, cause?: unknown): ApiError {
  const remedy = "Check that the broker runs and that its admin address is right, then try again.";
  const problem = { type: problemType("unreachable"), ...PROBLEMS.unreachable, detail, remedy };
  return new ApiError(problem, { cause });
}

function dotSegment(param: string, value: string): ApiError {
  return new ApiError({
    type: problemType("invalid-request"),
    ...PROBLEMS["invalid-request"],
    detail: `a ${param} called ${value} cannot be named in a URL`,
    remedy: "Use a Kafka client for it.",
    errors: [{ in: "path", field: param, message: "cannot be . or .." }],
  });
}
