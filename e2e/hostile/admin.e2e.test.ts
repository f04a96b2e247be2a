/** Rows H1, H2, H3, H5 and H6 of the bad inputs: the admin API. */
import { createClient } from "@runnel/contracts/client.ts";
import { Problem } from "@runnel/contracts/problem.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Arena } from "./arena.ts";
import { inParallel } from "./client.ts";
import { AdminPort, type HttpAnswer } from "./http.ts";

const MIB = 1024 * 1024;
const LANES = 8;
const NO_MOVES = { moves: {} };
const JSON_TYPE = { "content-type": "application/json" };

let arena: Arena;
let admin: AdminPort;

beforeAll(async () => {
  arena = await Arena.open();
  admin = new AdminPort(arena.server.admin ?? "");
  // What is loaded at the first request is no growth under attack.
  await admin.ask("/v1/topics");
});

afterAll(() => arena[Symbol.asyncDispose]());

/** The problem of an answer; fails where it is none with a remedy. */
function problemIn(answer: HttpAnswer | null): Problem {
  expect(answer?.headers["content-type"]).toBe("application/problem+json");
  const problem = Problem.parse(JSON.parse(answer?.body ?? ""));
  expect(problem.status).toBe(answer?.status);
  expect(problem.remedy).not.toBe("");
  return problem;
}

const post = (body: string | Uint8Array, headers: object = JSON_TYPE) =>
  admin.ask("/v1/topics?dryRun=true", { method: "POST", headers: { ...headers }, body });

describe("H1", () => {
  test("keys of the prototype, keys twice, depth, numbers and types are refused as problems", async () => {
    const bodies: readonly (readonly [status: number, body: string])[] = [
      [400, '{"name":"a","__proto__":{"x":1}}'],
      [400, '{"name":"a","constructor":{"prototype":{}}}'],
      [400, '{"name":"a","name":"b"}'],
      [400, `{"name":${"[".repeat(10_000)}${"]".repeat(10_000)}}`],
      [400, `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`],
      [400, '{"name":"a","partitionCount":NaN}'],
      [400, '{"name":"a","partitionCount":1e400}'],
      [400, '{"name":"a","partitionCount":-1e400}'],
      [400, ""],
      [200, '{"name":"a"}'],
    ];
    await arena.attack("H1, bodies", NO_MOVES, async () => {
      const many = Array.from({ length: 20 }, () => bodies).flat();
      await inParallel(many, LANES, async ([status, body]) => {
        const answer = await post(body);
        expect([body.slice(0, 60), answer?.status]).toEqual([body.slice(0, 60), status]);
        if (status !== 200) problemIn(answer);
      });
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/json"]) {
        const answer = await post('{"name":"a"}', { "content-type": type });
        expect(problemIn(answer).status).toBe(415);
      }
    });
  });

  test("10 MiB are refused at once, whether they are announced or not", async () => {
    const large = Buffer.alloc(10 * MIB, "x");
    await arena.attack("H1, 10 MiB", NO_MOVES, async () => {
      const ways = [
        { ...JSON_TYPE, "content-length": large.length },
        { ...JSON_TYPE, "transfer-encoding": "chunked" },
      ];
      await inParallel([...ways, ...ways, ...ways, ...ways], 2, async (headers) => {
        // The broker may close on a body of which nobody reads the rest.
        const status = (await post(large, headers))?.status ?? "closed";
        expect([413, "closed"]).toContain(status);
      });
      // With a body that is not sent the answer is sure to arrive.
      const raw = admin.send(
        `POST /v1/topics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${10 * MIB}\r\n\r\n`,
      );
      expect(await raw.ended()).toContain(" 413 ");
    });
  });
});

test("H2: names in paths are held to the rule for names, however they are written", async () => {
  const names = [
    "%2e%2e%2f",
    "%2E%2E%2Fetc%2Fpasswd",
    "..%5c..%5c",
    "a%00b",
    "%c0%ae%c0%ae%c0%af",
    "%ed%a0%80",
    "%E2%80%AEx",
    "orders%E2%80%8B",
    "%D0%BErders",
    "a%0d%0ab",
    "%",
    "%zz",
    "a%2500",
    "x".repeat(250),
  ];
  await arena.attack("H2", NO_MOVES, async () => {
    const paths = names.flatMap((name) =>
      ["", "/configs", "/partitions", "/groups"].map((part) => `/v1/topics/${name}${part}`),
    );
    await inParallel(paths, LANES, async (path) => {
      const problem = problemIn(await admin.ask(path));
      expect([path, problem.status]).toEqual([path, 400]);
      expect(problem.errors).toMatchObject([{ in: "path", field: "topic" }]);
    });
    const climbing = [
      "/v1/topics/..",
      "/v1/topics/%2e%2e",
      "/v1/./topics/../../x",
      "/v1/x/%2E./topics",
    ];
    for (const path of climbing) {
      expect([path, (await admin.ask(path))?.status]).toEqual([path, 400]);
    }
  });
});

describe("H3", () => {
  test("odd methods, two lengths, many headers, absolute forms and upgrades", async () => {
    await arena.attack("H3, requests", NO_MOVES, async () => {
      for (const method of ["TRACE", "PROPFIND"]) {
        expect(problemIn(await admin.ask("/v1/topics", { method })).status).toBe(405);
      }
      const headers = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, "1"]));
      expect((await admin.ask("/v1/topics", { headers }))?.status).toBe(431);
      const start = "POST /v1/topics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n";
      const both = admin.send(`${start}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`);
      expect(await both.ended()).toContain(" 400 ");
      const absolute = admin.send(
        "GET http://evil.example/v1/topics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
      );
      expect(await absolute.ended()).toContain(" 421 ");
      const upgrade = admin.send(
        "GET /v1/topics HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n",
      );
      expect(await upgrade.ended()).toContain(" 200 ");
    });
  });

  test("headers and bodies that do not come to an end are given up", async () => {
    const report = await arena.attack("H3, slow", NO_MOVES, async () => {
      const headers = admin.send("GET /v1/topics HTTP/1.1\r\nHost: localhost\r\nX: ");
      const body = admin.send(
        'POST /v1/topics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"na',
      );
      const [first, second] = await Promise.all([headers.ended(), body.ended()]);
      expect(first).toContain(" 408 ");
      expect(second).toMatch(/^(HTTP\/1\.1 408 |$)/);
    });
    expect(report.lines).toEqual([]);
  });
});

test("H5: pages and filters have caps, and 1,000 clients at once leave the broker whole", async () => {
  await arena.attack("H5", NO_MOVES, async () => {
    for (const query of [
      "limit=1000000000",
      "limit=-1",
      "limit=1e9",
      `filter=${"*a".repeat(200)}`,
    ]) {
      expect(problemIn(await admin.ask(`/v1/topics?${query}`)).errors).toHaveLength(1);
    }
    const slow = `${"*a".repeat(120)}b`;
    expect((await admin.ask(`/v1/topics?filter=${slow}`))?.status).toBe(200);
    const clients = Array.from({ length: 1_000 }, () => admin.ask("/v1/cluster"));
    const answers = await Promise.all(clients);
    // Above the cap on connections one is closed without an answer.
    const served = answers.filter((answer) => answer?.status === 200);
    expect(served.length).toBeGreaterThan(100);
    expect(answers.filter((answer) => answer !== null)).toEqual(served);
    expect((await admin.ask("/v1/cluster"))?.status).toBe(200);
  });
});

describe("H6", () => {
  test("the same create twice is done once, by its idempotency key", async () => {
    const create = (name: string) =>
      admin.json("/v1/topics", { name }, "POST", { "idempotency-key": "h6-create" });
    const answers = await Promise.all(Array.from({ length: 10 }, () => create("h6")));
    expect(answers.map((answer) => answer?.status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map((answer) => answer?.body)).size).toBe(1);
    expect(problemIn(await create("h6-other")).status).toBe(422);
    expect(problemIn(await admin.json("/v1/topics", { name: "h6" })).status).toBe(409);
  });

  test("of concurrent edits of one version all but one are 412", async () => {
    const client = createClient({ baseUrl: `http://${arena.server.admin}` });
    const params = { topic: "polite" };
    const { etag } = await client.getTopicConfigs({ params });
    const edits = Array.from({ length: 10 }, (_, n) =>
      admin.json(
        `/v1/topics/polite/configs`,
        { configs: { "flush.ms": `${1_000_000 + n}` } },
        "PATCH",
        {
          "if-match": `"${etag}"`,
        },
      ),
    );
    const statuses = (await Promise.all(edits)).map((answer) => answer?.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(9);
  });
});
