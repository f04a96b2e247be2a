import { Problem } from "@runnel/contracts/problem.ts";
import { ROUTES, type Route } from "@runnel/contracts/routes.ts";
import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { AdminRig } from "./rig.ts";

const RUNS = 150;

let rig: AdminRig;
beforeAll(async () => {
  rig = await AdminRig.open([], { withHistory: true });
  await rig.client.createTopic({ body: { name: "orders", partitionCount: 2 } });
});

const routes: readonly Route[] = Object.values(ROUTES);

/** Values that are likely to be looked at: names and words of the schemas, mixed with anything. */
function bodyOf(schema: z.ZodType | undefined): fc.Arbitrary<string> {
  const words = schema === undefined ? [] : wordsIn(z.toJSONSchema(schema, { io: "input" }));
  const key = fc.oneof(fc.constantFrom("name", ...words), fc.string());
  const leaf = fc.oneof(
    fc.constantFrom<unknown>("orders", "utf8", "base64", "retention.ms", "AA==", ...words),
    fc.constantFrom<unknown>(null, true, 0, 1, -1, 1.5, 2 ** 53, 1e308),
    fc.string(),
    fc.integer(),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaf,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: false }),
    ),
  }));
  return fc.oneof(
    { weight: 5, arbitrary: value.map((one) => JSON.stringify(one)) },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.json({ maxDepth: 40 }) },
  );
}

/** Property names and constants of a JSON schema. */
function wordsIn(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties, const: only, enum: some } = schema as z.core.JSONSchema.JSONSchema;
  const own = [...Object.keys(properties ?? {}), only, ...(some ?? [])].filter(
    (word): word is string => typeof word === "string",
  );
  return [...own, ...Object.values(schema).flatMap(wordsIn)];
}

const segment = fc.oneof(
  fc.constantFrom("orders", "1", "default", "g", "a%2Fb", "%", "%00", "..%2f"),
  fc.string({ minLength: 1 }).map((text) => encodeURIComponent(text.toWellFormed())),
);

const query = fc.oneof(
  fc.constantFrom("", "?dryRun=true", "?limit=1", "?sort=name", "?cursor=W10", "?dryRun=maybe"),
  fc.string().map((text) => `?${encodeURIComponent(text.toWellFormed())}`),
);

test("no JSON, path or query makes the broker answer 500", async () => {
  const request = fc
    .constantFrom(...routes)
    .chain((route) => fc.tuple(fc.constant(route), segment, query, bodyOf(route.body)));
  await fc.assert(
    fc.asyncProperty(request, async ([route, name, search, body]) => {
      const path = route.path.replaceAll(/\{\w+\}/g, name) + search;
      const { method } = route;
      const hasBody = route.body !== undefined;
      const reply = await rig.ask(path, {
        method,
        ...(hasBody ? { body, headers: { "content-type": "application/json" } } : {}),
      });
      expect(reply.status).toBeLessThan(500);
      const answer = route.isStream === true ? z.array(route.response) : route.response;
      const schema = reply.status >= 400 ? Problem : answer;
      expect(schema.safeParse(reply.body).error).toBeUndefined();
    }),
    { numRuns: RUNS },
  );
});
