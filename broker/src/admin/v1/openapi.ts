/** The OpenAPI document, made from the table of routes that is served. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { Problem } from "@runnel/contracts/problem.ts";
import { ROUTES, type Route } from "@runnel/contracts/routes.ts";
import { z } from "zod";

const IfMatch = z.string().meta({
  description: "The etag that the change is based on; 412 where it is not the current one.",
});
const IdempotencyKey = z.string().max(128).meta({
  description: "Random, for each new request; one that comes again is answered as the first was.",
});

/** The document, in OpenAPI 3.1. */
export function describeApi(version: string): object {
  const app = new OpenAPIHono();
  for (const [name, route] of Object.entries<Route>(ROUTES)) register(app, name, route);
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Runnel admin API",
      version,
      description:
        "Topics, events, groups and settings of a Runnel broker. Refusals are problem details (RFC 9457) with a remedy.",
    },
  });
}

function register(app: OpenAPIHono, name: string, route: Route): void {
  const { params, query, body, status, response, isStream } = route;
  const headers = headersOf(route);
  app.openAPIRegistry.registerPath({
    method: route.method.toLowerCase() as Lowercase<Route["method"]>,
    path: route.path,
    operationId: name,
    tags: [route.tag],
    summary: route.summary,
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(headers === null ? {} : { headers }),
      ...(body === undefined
        ? {}
        : { body: { required: true, content: { "application/json": { schema: body } } } }),
    },
    responses: {
      [status]: {
        description: route.summary,
        content: {
          [isStream === true ? "text/event-stream" : "application/json"]: { schema: response },
        },
      },
      default: {
        description: "Why it was refused, and what to do",
        content: { "application/problem+json": { schema: Problem } },
      },
    },
  });
}

function headersOf({ takesIfMatch, takesIdempotencyKey }: Route): z.ZodObject | null {
  if (takesIfMatch === true) return z.object({ "if-match": IfMatch.optional() });
  if (takesIdempotencyKey === true) {
    return z.object({ "idempotency-key": IdempotencyKey.optional() });
  }
  return null;
}
