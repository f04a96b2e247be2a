import { describe, expect, test } from "vitest";
import { z } from "zod";
import { PATHS, paramNames, type RouteName } from "./paths.ts";
import { ROUTES, type Route } from "./routes.ts";

const all = Object.entries(ROUTES) as [RouteName, Route][];

describe("ROUTES", () => {
  test("every path is in it once, under its name", () => {
    expect(Object.keys(ROUTES).sort()).toEqual(Object.keys(PATHS).sort());
    const places = all.map(([, { method, path }]) => `${method} ${path}`);
    expect(new Set(places).size).toBe(places.length);
    for (const [name, route] of all) {
      const { method, path, isStream } = route;
      expect(PATHS[name]).toEqual({ method, path, ...(isStream ? { isStream } : {}) });
    }
  });

  test("params are those of the path", () => {
    for (const [name, { path, params }] of all) {
      expect([name, Object.keys(params?.shape ?? {})]).toEqual([name, paramNames(path)]);
    }
  });

  test("whatever goes in is strict", () => {
    for (const [name, { params, query, body }] of all) {
      for (const schema of [params, query, body]) {
        if (schema === undefined) continue;
        const loose = looseObjects(z.toJSONSchema(schema, { io: "input" }));
        expect([name, loose]).toEqual([name, []]);
      }
    }
  });

  test("changes have a dry run, and what reads has none", () => {
    for (const [name, { method, query }] of all) {
      const hasDryRun = query !== undefined && "dryRun" in query.shape;
      expect([name, hasDryRun]).toEqual([name, method !== "GET"]);
    }
  });

  test("every answer has a JSON schema", () => {
    for (const [, { response }] of all) expect(z.toJSONSchema(response)).toBeTypeOf("object");
  });
});

/** Objects in a JSON schema that let unknown keys in. */
function looseObjects(schema: unknown): readonly unknown[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties, additionalProperties } = schema as z.core.JSONSchema.JSONSchema;
  const isLoose = properties !== undefined && additionalProperties !== false;
  return [...(isLoose ? [schema] : []), ...Object.values(schema).flatMap(looseObjects)];
}
