/** The routes of the admin port that need no more than the process, and the door to all others. */

import type { Logger } from "@runnel/kit/world.ts";
import { type Context, type Handler, Hono } from "hono";
import type { Exposition } from "#metrics/exposition.ts";
import { type AdminEnv, guard, methodNotAllowed } from "./guard.ts";
import { problem } from "./problem.ts";

export interface AdminServices {
  readonly logger: Logger;
  /** The text of all metrics. */
  readonly metrics: () => Promise<Exposition>;
  /** Why the broker does not serve, in sentences; none when it does. */
  readonly readiness: () => readonly string[];
  /** Host names besides loopback and the bound address under which the port is reached. */
  readonly allowedHosts: readonly string[];
  /**
   * Loads what is served under `/v1`, with its OpenAPI document: called once, at the first request for
   * it, so that a broker whom nobody administers does not hold it in memory. Null for nothing.
   */
  readonly loadV1: (() => Promise<AdminApp>) | null;
}

export type AdminApp = Hono<AdminEnv>;
type RouteHandler = Handler<AdminEnv>;

/** The app; further routes are added to it by `route`. */
export function createAdminApp(services: AdminServices): AdminApp {
  const { allowedHosts, loadV1 } = services;
  const app: AdminApp = new Hono();
  app.use(guard({ allowedHosts }));
  handleFailures(app, services.logger);
  route(app, "/healthz", { GET: (context) => context.json({ status: "ok" }) });
  route(app, "/readyz", { GET: () => ready(services.readiness()) });
  route(app, "/metrics", {
    GET: async (context) => {
      const { text, contentType } = await services.metrics();
      return context.body(text, 200, { "content-type": contentType });
    },
  });
  if (loadV1 !== null) {
    let loading: Promise<AdminApp> | null = null;
    const forward = async (context: Context<AdminEnv>): Promise<Response> => {
      loading ??= loadV1().catch((error: unknown) => {
        loading = null;
        throw error;
      });
      return await (await loading).fetch(context.req.raw, context.env);
    };
    app.all("/v1/*", forward);
    app.all("/openapi.json", forward);
  }
  return app;
}

/** What `app` answers to unknown paths, and to errors that nobody expected. */
export function handleFailures(app: AdminApp, logger: Logger): void {
  app.notFound((context) =>
    problem("not-found", {
      detail: `nothing is at ${context.req.path}`,
      remedy: "See /openapi.json for what there is.",
    }),
  );
  app.onError((error) => {
    logger.error({ error }, "an admin request failed");
    return problem("internal", {
      detail: "the broker met a bug",
      remedy: "See the broker's log, and report what it says.",
    });
  });
}

/** Serves `path` with a handler a method; HEAD comes with GET, any other method is a 405. */
export function route(
  app: AdminApp,
  path: string,
  handlers: Readonly<Record<string, RouteHandler>>,
): void {
  for (const [method, handler] of Object.entries(handlers)) app.on(method, path, handler);
  const methods = Object.keys(handlers).flatMap((one) => (one === "GET" ? ["GET", "HEAD"] : one));
  app.all(path, (context: Context) => methodNotAllowed(context.req.method, methods));
}

function ready(reasons: readonly string[]): Response {
  if (reasons.length === 0) return Response.json({ status: "ready" });
  return problem("unavailable", {
    detail: reasons.join("; "),
    remedy: "Wait until it is ready, and see its log if that takes long.",
  });
}
