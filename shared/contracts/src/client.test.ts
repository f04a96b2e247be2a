import { describe, expect, test } from "vitest";
import { checkAnswer } from "./check.ts";
import { ApiError, createClient, type FetchLike, urlOf } from "./client.ts";
import { problemType } from "./problem-kinds.ts";

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A fetch that answers `body`, and what it was asked. */
function answering(body: unknown, status = 200): { readonly fetch: FetchLike; sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    fetch: (url, init) => {
      sent.push({ url, init });
      return Promise.resolve(Response.json(body, { status }));
    },
  };
}

const problem = {
  type: problemType("not-found"),
  title: "Not found",
  status: 404,
  detail: "there is no topic orders",
  remedy: "Create it.",
};

describe("createClient()", () => {
  test("puts params, query and body where the route has them", async () => {
    const { fetch, sent } = answering({ isDryRun: true, results: [] });
    const client = createClient({ baseUrl: "http://broker:9644/", fetch });
    await client.produce(
      { params: { topic: "a b/c" }, query: { dryRun: true }, body: { records: [{ value: null }] } },
      { idempotencyKey: "k-1" },
    );
    expect(sent[0]?.url).toBe("http://broker:9644/v1/topics/a%20b%2Fc/events?dryRun=true");
    expect(sent[0]?.init).toMatchObject({
      method: "POST",
      body: '{"records":[{"value":null}]}',
      headers: { "content-type": "application/json", "idempotency-key": "k-1" },
    });
  });

  test("leaves out what is undefined, and needs no input where none is needed", async () => {
    const { fetch, sent } = answering({ items: [], nextCursor: null, total: 0 });
    const client = createClient({ baseUrl: "/api", fetch, check: checkAnswer });
    const { items } = await client.listTopics();
    await client.listTopics({ query: { limit: 5, sort: "eventCount" } });
    expect(items).toEqual([]);
    expect(sent.map(({ url }) => url)).toEqual([
      "/api/v1/topics",
      "/api/v1/topics?limit=5&sort=eventCount",
    ]);
  });

  test("sends an etag as the header wants it", async () => {
    const { fetch, sent } = answering({ isDryRun: false, before: {}, after: null });
    const client = createClient({ baseUrl: "", fetch });
    await client.deleteTopic({ params: { topic: "a" } }, { ifMatch: "t7" });
    expect(sent[0]?.init).toMatchObject({ method: "DELETE", headers: { "if-match": '"t7"' } });
    expect(sent[0]?.init.body).toBeUndefined();
  });

  test("rejects with the problem that the broker states", async () => {
    const client = createClient({ baseUrl: "", fetch: answering(problem, 404).fetch });
    const refusal = await client.getTopic({ params: { topic: "orders" } }).catch((e: unknown) => e);
    expect(refusal).toBeInstanceOf(ApiError);
    expect(refusal).toMatchObject({ problem, kind: "not-found", status: 404 });
  });

  test("makes a problem of a broker that does not answer, or answers something else", async () => {
    const dead: FetchLike = () => Promise.reject(new TypeError("ECONNREFUSED"));
    const html: FetchLike = () => Promise.resolve(new Response("<html>", { status: 502 }));
    for (const fetch of [dead, html]) {
      const asked = createClient({ baseUrl: "http://x", fetch }).getCluster();
      await expect(asked).rejects.toMatchObject({ kind: "unreachable" });
    }
  });

  test("rejects with the reason of an aborted signal", async () => {
    const reason = new Error("left the page");
    const fetch: FetchLike = () => Promise.reject(new DOMException("aborted", "AbortError"));
    const asked = createClient({ baseUrl: "", fetch }).getCluster(undefined, {
      signal: AbortSignal.abort(reason),
    });
    await expect(asked).rejects.toBe(reason);
  });

  test("tells an answer that is none of the route's where it is to check", async () => {
    const { fetch } = answering({ items: [{}], nextCursor: null, total: 1 });
    const client = createClient({ baseUrl: "", fetch, check: checkAnswer });
    await expect(client.listTopics()).rejects.toThrow("expected string");
  });

  test("a stream that ends before it says that it is done was cut off", async () => {
    const read = async (text: string): Promise<number> => {
      const headers = { "content-type": "text/event-stream" };
      const fetch: FetchLike = () => Promise.resolve(new Response(text, { headers }));
      const client = createClient({ baseUrl: "", fetch });
      let count = 0;
      for await (const _ of client.readEvents({ params: { topic: "orders" } })) count += 1;
      return count;
    };
    const [phase, done] = ["event: phase\ndata: {}\n\n", "event: done\ndata: {}\n\n"];
    expect(await read(phase + done)).toBe(2);
    await expect(read(phase)).rejects.toThrow("ended before it was done");
  });
});

test("urlOf() refuses a segment that would be taken for a step up", () => {
  expect(() => urlOf("getGroup", { params: { group: ".." } })).toThrow("cannot be named in a URL");
});
