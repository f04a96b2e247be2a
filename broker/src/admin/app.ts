/** The routes of the admin port that need no more than the process: metrics and health. */

import type { Logger } from "@runnel/kit/world.ts";
import { type Context, type Handler, Hono } from "hono";
import type { Exposition } from "#metrics/exposition.ts";
import { type AdminEnv, guard } from "./guard.ts";
import { problem } from "./problem.ts";

export interface AdminServices {
  readonly logger: Logger;
  /** The text of all metrics. */
  readonly metrics: () => Promise<Exposition>;
  /** Why the broker does not serve, in sentences; none when it does. */
  readonly readiness: () => readonly string[];
  /** Host names besides loopback and the bound address under which the port is reached. */
  readonly allowedHosts: readonly string[];
}

export type AdminApp = Hono<AdminEnv>;
type RouteHandler = Handler<AdminEnv>;

/** The app; further routes are added to it by `route`. */
export function createAdminApp(services: AdminServices): AdminApp {
  const { logger, allowedHosts } = services;
  const app: AdminApp = new Hono();
  app.use(guard({ allowedHosts }));
  app.notFound((context) => problem(404, "Not Found", `nothing is at ${context.req.path}`));
  app.onError((error) => {
    logger.error({ error }, "an admin request failed");
    return problem(500, "Internal Server Error", "the broker met a bug; its log says more");
  });
  route(app, "/healthz", { GET: (context) => context.json({ status: "ok" }) });
  route(app, "/readyz", { GET: () => ready(services.readiness()) });
  route(app, "/metrics", {
    GET: async (context) => {
      const { text, contentType } = await services.metrics();
      return context.body(text, 200, { "content-type": contentType });
    },
  });
  return app;
}

/** Serves `path` with a handler a method; HEAD comes with GET, any other method is a 405. */
export function route(
  app: AdminApp,
  path: string,
  handlers: Readonly<Record<string, RouteHandler>>,
): void {
  for (const [method, handler] of Object.entries(handlers)) app.on(method, path, handler);
  const methods = Object.keys(handlers).flatMap((one) => (one === "GET" ? ["GET", "HEAD"] : one));
  app.all(path, (context: Context) =>
    problem(405, "Method Not Allowed", `${context.req.method} is not served here`, {
      allow: methods.join(", "),
    }),
  );
}

function ready(reasons: readonly string[]): Response {
  if (reasons.length === 0) return Response.json({ status: "ready" });
  return problem(503, "Service Unavailable", reasons.join("; "));
}
