/**
 * Everything under `/v1`, and the OpenAPI document: both made from the one table of routes. Load this
 * module at the first request for it: it brings the schemas with it.
 */
import type { RouteName } from "@runnel/contracts/paths.ts";
import { ROUTES, type Route } from "@runnel/contracts/routes.ts";
import { type Context, Hono } from "hono";
import { type AdminApp, handleFailures, route } from "../app.ts";
import type { AdminEnv } from "../guard.ts";
import { HANDLERS } from "./handlers.ts";
import { IdempotentAnswers } from "./idempotency.ts";
import { type AnyHandler, serve } from "./serve.ts";
import type { V1Services } from "./services.ts";

type Methods = Record<string, (context: Context<AdminEnv>) => Promise<Response>>;

/** The app to which requests for `/v1` and `/openapi.json` are passed on. */
export function createV1App(services: V1Services): AdminApp {
  const app: AdminApp = new Hono();
  handleFailures(app, services.logger);
  const answers = new IdempotentAnswers(services.clock);
  const byPath = new Map<string, Methods>();
  for (const [key, one] of Object.entries<Route>(ROUTES)) {
    const name = key as RouteName;
    const handler = HANDLERS[name] as unknown as AnyHandler;
    const served = { name, route: one, handler, services, answers };
    const methods = byPath.get(one.path) ?? {};
    methods[one.method] = (context) => serve(served, context);
    byPath.set(one.path, methods);
  }
  for (const [path, methods] of byPath) route(app, path.replaceAll(/\{(\w+)\}/g, ":$1"), methods);
  let document: Promise<object> | null = null;
  route(app, "/openapi.json", {
    GET: async (context) => {
      document ??= describe(services.about.version);
      return context.json(await document);
    },
  });
  return app;
}

/** What makes the document is loaded for the one time that it is made. */
async function describe(version: string): Promise<object> {
  const { describeApi } = await import("./openapi.ts");
  return describeApi(version);
}
