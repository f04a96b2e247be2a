import { ROUTES } from "@runnel/contracts/routes.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { AdminRig } from "./rig.ts";

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { readonly content: object }>>;
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

let rig: AdminRig;
let document: Document;
beforeAll(async () => {
  rig = await AdminRig.open();
  document = (await rig.ask("/openapi.json")).body;
});

describe("/openapi.json", () => {
  test("lists every route with what goes in and comes out, and no other", () => {
    expect(document).toMatchObject({ openapi: "3.1.0", info: { version: "1.2.3" } });
    const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${operationId} ${method} ${path}`,
      ),
    );
    const served = Object.entries(ROUTES).map(
      ([name, { method, path }]) => `${name} ${method.toLowerCase()} ${path}`,
    );
    expect(listed.sort()).toEqual(served.sort());
    for (const [name, route] of Object.entries(ROUTES)) {
      const operation = document.paths[route.path]?.[route.method.toLowerCase()];
      const { parameters = [], requestBody, responses } = operation as Operation;
      const inPlace = (place: string) =>
        parameters.filter((one) => one.in === place).map((one) => one.name);
      const shapeOf = (part: "params" | "query") =>
        part in route
          ? Object.keys((route as never as Record<string, { shape: object }>)[part]?.shape ?? {})
          : [];
      expect([name, inPlace("path")]).toEqual([name, shapeOf("params")]);
      expect([name, inPlace("query")]).toEqual([name, shapeOf("query")]);
      expect([name, requestBody !== undefined]).toEqual([name, "body" in route]);
      expect(Object.keys(responses)).toEqual([String(route.status), "default"]);
      expect(responses["default"]?.content).toHaveProperty(["application/problem+json"]);
    }
  });

  test("refers to no schema that is not there", () => {
    const references = [
      ...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g),
    ];
    expect(references.length).toBeGreaterThan(10);
    for (const [, name = ""] of references)
      expect(document.components.schemas).toHaveProperty([name]);
  });

  test("every route is served, with the methods that are listed", async () => {
    for (const path of Object.keys(document.paths)) {
      const place = path.replace("{broker}", "1").replaceAll(/\{\w+\}/g, "x");
      const reply = await rig.ask(place, { method: "PUT", headers: { "content-length": "0" } });
      const methods = Object.keys(document.paths[path] ?? {}).map((one) => one.toUpperCase());
      expect([path, reply.status]).toEqual([path, 405]);
      const allowed = (reply.headers.get("allow") ?? "")
        .split(", ")
        .filter((one) => one !== "HEAD");
      expect(allowed.sort()).toEqual(methods.sort());
    }
  });
});
