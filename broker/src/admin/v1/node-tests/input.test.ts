import { IoError } from "@runnel/kit/errors.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { AdminRig } from "./rig.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = await AdminRig.open();
});

const JSON_TYPE = { "content-type": "application/json" };

/** Status and fields of what is refused. */
async function refused(path: string, body: string | Uint8Array, headers: object = JSON_TYPE) {
  const reply = await rig.ask(path, { method: "POST", headers: { ...headers }, body });
  const { errors } = reply.body as { readonly errors?: readonly { readonly field: string }[] };
  return [reply.status, errors?.map(({ field }) => field)];
}

describe("H1: a body", () => {
  test("has no key that is not known, none twice, and none that names the prototype", async () => {
    const name = '"name":"a"';
    expect(await refused("/v1/topics", `{${name},"x":1,"y":2}`)).toEqual([400, ["x", "y"]]);
    expect(await refused("/v1/topics", `{${name},"constructor":{}}`)).toEqual([
      400,
      ["constructor"],
    ]);
    expect(await refused("/v1/topics", `{${name},${name}}`)).toEqual([400, [""]]);
    expect(await refused("/v1/topics", `{${name},"__proto__":{}}`)).toEqual([400, [""]]);
    const configs = '{"name":"a","configs":{"constructor":"1","toString":"x"}}';
    expect(await refused("/v1/topics", configs)).toEqual([
      400,
      ["configs.constructor", "configs.toString"],
    ]);
  });

  test("says which key is missing, and which was meant for it", async () => {
    const reply = await rig.post("/v1/topics", { nme: "a" });
    expect(reply.body).toMatchObject({
      detail: "name: is missing: string is expected, and 1 more",
      errors: [
        { in: "body", field: "name", message: "is missing: string is expected" },
        { in: "body", field: "nme", message: "is not known here" },
      ],
    });
  });

  test("is not too deep, not too large, and JSON in UTF-8", async () => {
    expect(await refused("/v1/topics", `${"[".repeat(10_000)}`)).toEqual([400, [""]]);
    expect(await refused("/v1/topics", `"${"x".repeat(1024 * 1024)}"`)).toEqual([413, undefined]);
    expect(await refused("/v1/topics", Uint8Array.from([34, 0xc0, 0xaf, 34]))).toEqual([400, [""]]);
    expect(await refused("/v1/topics", "")).toEqual([400, [""]]);
    for (const type of ["text/plain", "application/json; charset=latin1", "multipart/form-data"]) {
      expect(await refused("/v1/topics", "{}", { "content-type": type })).toEqual([415, undefined]);
    }
    const packed = { ...JSON_TYPE, "content-encoding": "gzip" };
    expect(await refused("/v1/topics", "{}", packed)).toEqual([415, undefined]);
    const reply = await rig.ask("/v1/topics", {
      method: "POST",
      headers: { "content-type": 'application/json; charset="UTF-8"' },
      body: '{"name":"a"}',
    });
    expect(reply.status).toBe(201);
  });

  test("has numbers that are numbers, and whole ones that are exact", async () => {
    for (const count of ["NaN", "1e400", "1.5", "9007199254740993", '"3"', "-1", "null", "true"]) {
      const [status] = await refused("/v1/topics", `{"name":"a","partitionCount":${count}}`);
      expect([count, status]).toEqual([count, 400]);
    }
  });

  test("is refused where none is taken", async () => {
    const reply = await rig.ask("/v1/topics/a", {
      method: "DELETE",
      headers: JSON_TYPE,
      body: "{}",
    });
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ in: "body" }] } });
  });
});

describe("H2: a name in a path", () => {
  test("is one that a topic can have", async () => {
    const bad = [
      "%2e%2e%2f",
      "a%00b",
      "%c0%ae",
      "%E2%80%AE",
      "tоpic",
      "a%20b",
      "%",
      "x".repeat(250),
    ];
    for (const name of bad) {
      const reply = await rig.ask(`/v1/topics/${name}`);
      expect([name, reply.status]).toEqual([name, 400]);
      expect(reply.body).toMatchObject({ errors: [{ in: "path", field: "topic" }] });
    }
    expect((await rig.ask("/v1/topics/%2e%2e")).status).toBe(404);
    expect((await rig.ask("/v1/topics/%6f%72ders")).body).toMatchObject({
      detail: "topic orders: there is no such topic",
    });
  });

  test("of a group may be any text, decoded once", async () => {
    const group = await rig.ask("/v1/groups/a%2Fb%2525");
    expect(group.body).toMatchObject({ status: 404, detail: expect.stringContaining("a/b%25") });
    expect((await rig.ask("/v1/groups/%ff")).status).toBe(400);
  });
});

describe("H5: a query", () => {
  test("has a page size within its limit, and no key that is not known or comes twice", async () => {
    const fields = async (query: string): Promise<unknown> => {
      const reply = await rig.ask(`/v1/topics?${query}`);
      const { errors } = reply.body as { readonly errors?: readonly { readonly field: string }[] };
      return [reply.status, errors?.map(({ field }) => field)];
    };
    for (const limit of [
      "1000000000",
      "0",
      "-1",
      "1.5",
      "1e3",
      "",
      "0x10",
      "ten",
      "9".repeat(40),
    ]) {
      expect([limit, await fields(`limit=${limit}`)]).toEqual([limit, [400, ["limit"]]]);
    }
    expect(await fields("limit=1000")).toEqual([200, undefined]);
    expect(await fields("limit=1&limit=2")).toEqual([400, ["limit"]]);
    expect(await fields("page=3&x=1")).toEqual([400, ["page", "x"]]);
    expect(await fields("__proto__=1&constructor=2")).toEqual([400, ["__proto__", "constructor"]]);
    expect(await fields("internal=yes")).toEqual([400, ["internal"]]);
    expect(await fields("sort=constructor")).toEqual([400, ["sort"]]);
    expect(await fields("cursor=x")).toEqual([400, ["cursor"]]);
    expect(await fields(`filter=${"*a".repeat(129)}`)).toEqual([400, ["filter"]]);
    expect((await rig.ask("/v1/cluster?x=1")).status).toBe(400);
  });
});

describe("H6: If-Match", () => {
  test("is one etag, quoted or not, or any; and refused where nothing is compared", async () => {
    await rig.client.createTopic({ body: { name: "a" } });
    const { etag } = await rig.client.getTopicConfigs({ params: { topic: "a" } });
    const patch = (ifMatch: string, path = "/v1/topics/a/configs?dryRun=true") =>
      rig.ask(path, {
        method: "PATCH",
        headers: { ...JSON_TYPE, "if-match": ifMatch },
        body: '{"configs":{}}',
      });
    for (const good of [etag, `"${etag}"`, "*"]) expect((await patch(good)).status).toBe(200);
    const reply = await patch(`"${etag}"`);
    expect(reply.headers.get("etag")).toBe(`"${etag}"`);
    for (const bad of ['"a", "b"', 'W/"a"', '""', "a b"])
      expect((await patch(bad)).status).toBe(400);
    expect((await patch("other")).status).toBe(412);
    const unguarded = await rig.ask("/v1/topics", {
      method: "POST",
      headers: { ...JSON_TYPE, "if-match": etag },
      body: '{"name":"b"}',
    });
    expect(unguarded.status).toBe(400);
  });
});

test("HEAD answers what GET would, without its body", async () => {
  expect(await rig.ask("/v1/topics", { method: "HEAD" })).toMatchObject({
    status: 200,
    body: null,
  });
});

test("a bug is a 500 that says nothing of itself, and a failing disk a 503", async () => {
  const { services } = rig;
  const real = services.lags.current;
  services.lags.current = () => Promise.reject(new Error("secret"));
  const reply = await rig.ask("/v1/topics");
  expect(reply.status).toBe(500);
  expect(JSON.stringify(reply.body)).not.toContain("secret");
  services.lags.current = () => Promise.reject(new IoError("RUNNEL_LOG_CORRUPT", "segment 7"));
  expect(await rig.ask("/v1/topics")).toMatchObject({
    status: 503,
    body: { detail: "segment 7", remedy: expect.any(String) },
  });
  services.lags.current = real;
  expect((await rig.ask("/v1/topics")).status).toBe(200);
});
