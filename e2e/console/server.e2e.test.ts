/** The console's own server: who gets in, what is passed on, and what a page may do. */
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { type Console, STARTS_WITHIN_MS, startConsole } from "./console.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** Stands in for the admin API: says what reached it, and streams until it is left. */
class Upstream implements AsyncDisposable {
  readonly seen: { readonly url: string; readonly headers: IncomingMessage["headers"] }[] = [];
  closedStreams = 0;
  readonly #server: Server = createServer((incoming, response) => {
    this.seen.push({ url: incoming.url ?? "", headers: incoming.headers });
    if (incoming.url?.includes("/stream") === true) {
      response.writeHead(200, { "content-type": "text/event-stream", "x-secret": "inside" });
      response.write("event: phase\ndata: {}\n\n");
      response.once("close", () => {
        this.closedStreams += 1;
      });
      return;
    }
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      response.writeHead(200, { "content-type": "application/json", "set-cookie": "a=b" });
      response.end(JSON.stringify({ bytes: Buffer.concat(chunks).length }));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let upstream: Upstream;
let app: Console;

beforeAll(async () => {
  upstream = new Upstream();
  app = await startConsole(await upstream.start(), "--allow-host", "runnel.example");
}, STARTS_WITHIN_MS);
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

function send(
  path: string,
  {
    method = "GET",
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port: app.port, path, method, headers },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const own = (): Record<string, string> => ({ origin: app.url, "content-type": "application/json" });

describe("who gets in (H4)", () => {
  it.each(["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "user@127.0.0.1"])(
    "Host %j is answered 421, for pages and data alike",
    async (host) => {
      for (const path of ["/c/local", "/api/v1/cluster"]) {
        const before = upstream.seen.length;
        const { status } = await send(path, { headers: { host } });
        expect([400, 421]).toContain(status);
        expect(upstream.seen).toHaveLength(before);
      }
    },
  );

  it("takes loopback names and the hosts that were named at the start", async () => {
    for (const host of [`localhost:${app.port}`, `[::1]:${app.port}`, "runnel.example"]) {
      expect((await send("/api/v1/cluster", { headers: { host } })).status).toBe(200);
    }
  });

  it.each([
    ["a foreign Origin", { origin: "https://evil.example" }],
    ["an Origin of the same host and another port", { origin: "http://127.0.0.1:1" }],
    ["no Origin", {}],
    ["the Origin null", { origin: "null" }],
    ["Sec-Fetch-Site cross-site", { origin: "OWN", "sec-fetch-site": "cross-site" }],
    ["Sec-Fetch-Site same-site", { origin: "OWN", "sec-fetch-site": "same-site" }],
  ])("a change with %s is refused before it goes anywhere", async (_, given) => {
    const before = upstream.seen.length;
    const headers: Record<string, string> = { "content-type": "application/json", ...given };
    if (headers["origin"] === "OWN") headers["origin"] = app.url;
    const { status } = await send("/api/v1/topics", { method: "POST", headers, body: "{}" });
    expect(status).toBe(403);
    expect(upstream.seen).toHaveLength(before);
  });

  it("gives no data to pages of other sites", async () => {
    const headers = { "sec-fetch-site": "cross-site" };
    const answer = await send("/api/v1/topics", { headers });
    expect(answer.status).toBe(403);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", ""])(
    "content of type %j is answered 415",
    async (type) => {
      const headers = { origin: app.url, "content-type": type };
      const answer = await send("/api/v1/topics", { method: "POST", headers, body: "{}" });
      expect(answer.status).toBe(415);
    },
  );
});

describe("what is passed on", () => {
  it("goes to the same path with the headers of a list, and comes back with those of another", async () => {
    const path = "/api/v1/topics/a%2Fb?x=%20y";
    const headers = {
      ...own(),
      cookie: "session=1",
      authorization: "Basic x",
      "if-match": '"7"',
      "user-agent": "browser",
      "x-forwarded-for": "10.9.8.7",
    };
    const answer = await send(path, { method: "PATCH", headers, body: "{}" });
    expect(answer).toMatchObject({ status: 200, text: '{"bytes":2}' });
    expect(answer.headers).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    expect(answer.headers["set-cookie"]).toBeUndefined();
    const last = upstream.seen.at(-1);
    expect(last?.url).toBe("/v1/topics/a%2Fb?x=%20y");
    expect(last?.headers).toMatchObject({ "if-match": '"7"' });
    // Whose change it is: the browser's name, and its address as this server knows it.
    expect(last?.headers).toMatchObject({
      "user-agent": "browser",
      "x-forwarded-for": "127.0.0.1",
    });
    for (const name of ["cookie", "authorization", "origin"]) {
      expect(last?.headers[name]).toBeUndefined();
    }
  });

  it.each([
    "/api/metrics",
    "/api/v1/../metrics",
    "/api/v1/%2e%2e/metrics",
    "/api//v1/x",
    "/api/v1/%",
    "/api/v1/a%00",
  ])("%s leads nowhere", async (path) => {
    const before = upstream.seen.length;
    expect((await send(path)).status).toBe(404);
    expect(upstream.seen).toHaveLength(before);
  });

  it("ends a body at 1 MiB, announced or not", async () => {
    const body = "x".repeat(1_048_577);
    const announced = await send("/api/v1/topics", { method: "POST", headers: own(), body });
    expect(announced.status).toBe(413);
    const headers = { ...own(), "transfer-encoding": "chunked" };
    const chunked = await send("/api/v1/topics", { method: "POST", headers, body }).catch(
      () => null,
    );
    expect([413, undefined]).toContain(chunked?.status);
  });

  it("streams as it comes, and ends the stream upstream when the browser leaves", async () => {
    const before = upstream.closedStreams;
    await new Promise<void>((resolve, reject) => {
      const outgoing = request(
        { host: "127.0.0.1", port: app.port, path: "/api/v1/stream" },
        (response) => {
          expect(response.headers["x-secret"]).toBeUndefined();
          response.once("data", (chunk: Buffer) => {
            expect(chunk.toString()).toContain("event: phase");
            outgoing.destroy();
            resolve();
          });
          response.on("error", () => {});
        },
      );
      outgoing.on("error", reject);
      outgoing.end();
    });
    await waitFor("the stream is closed", () => upstream.closedStreams === before + 1);
  });
});

describe("what Next never sees (U1, U2)", () => {
  it.each(["POST", "PUT", "PATCH", "DELETE"])("%s of a page is answered 405", async (method) => {
    const headers = { ...own(), "next-action": "7f00", "content-type": "text/x-component" };
    expect((await send("/c/local", { method, headers, body: "[]" })).status).toBe(405);
  });

  it.each(["TRACE", "OPTIONS", "PROPFIND"])("%s is answered 405", async (method) => {
    expect((await send("/c/local", { method })).status).toBe(405);
  });

  it.each([
    "/_next/image?url=http://127.0.0.1/x&w=64&q=75",
    "/_next/image?url=/icon.svg&w=64&q=75",
  ])("%s makes no image", async (path) => expect((await send(path)).status).toBe(404));

  it("a request cannot claim to have passed a check that it did not", async () => {
    const headers = { "x-middleware-subrequest": "middleware:middleware", host: "evil.example" };
    expect((await send("/c/local", { headers })).status).toBe(421);
    const inside = await send("/c/local/topics", {
      headers: { "x-middleware-subrequest": "src/middleware", "x-invoke-path": "/x" },
    });
    expect(inside.status).toBe(200);
  });

  it.each([
    ["a payload of the router", "/c/local/topics?_rsc=1", { rsc: "1" }],
    ["a prefetched segment", "/c/local/topics", { "next-router-segment-prefetch": "/_tree" }],
    ["a file of a payload", "/c/local/topics.rsc", {}],
    ["a file of a segment", "/c/local/topics.segments/_tree.segment.rsc", {}],
  ])("%s is under the same guard as its page, and has no data in it", async (_, path, more) => {
    const before = upstream.seen.length;
    const foreign = await send(path, { headers: { ...more, host: "evil.example" } });
    expect(foreign.status).toBe(421);
    expect((await send(path, { headers: more })).status).toBeLessThan(500);
    expect(upstream.seen).toHaveLength(before);
  });

  it("no parameter of a route is taken from the query", async () => {
    expect((await send("/c/other/topics?nxtPcluster=local")).status).toBe(404);
    const { status, text } = await send("/c/local/topics?nxtPcluster=other");
    expect(status).toBe(200);
    expect(text).toContain("/c/local/groups");
  });

  it("an upgrade to a foreign address is dropped", async () => {
    const socket = connect(app.port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.write(
      `GET http://example.org/ HTTP/1.1\r\nHost: 127.0.0.1:${app.port}\r\n` +
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
    );
    await new Promise((resolve) => socket.once("close", resolve));
    expect(Buffer.concat(chunks).toString()).not.toContain("101");
  });

  it("no Server Action is in the build", async () => {
    const { text } = await send("/c/local/topics");
    expect(text).not.toContain("$ACTION");
  });
});

describe("requests that are no good (H3)", () => {
  /** What the server answers to these bytes before it closes the connection. */
  async function raw(...lines: readonly string[]): Promise<string> {
    const socket = connect(app.port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.end(`${lines.join("\r\n")}\r\n\r\n`);
    await new Promise((resolve) => socket.once("close", resolve));
    return Buffer.concat(chunks).toString();
  }
  const host = (): string => `Host: 127.0.0.1:${app.port}`;

  it("with two lengths are answered 400", async () => {
    const before = upstream.seen.length;
    const answer = await raw(
      "POST /api/v1/topics HTTP/1.1",
      host(),
      `Origin: ${app.url}`,
      "Content-Type: application/json",
      "Content-Length: 2",
      "Transfer-Encoding: chunked",
      "",
      "0",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.seen).toHaveLength(before);
  });

  it("with a thousand headers are answered 431", async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `x-${index}: 1`);
    expect(await raw("GET /c/local HTTP/1.1", host(), ...many)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it.each(["http://evil.example/", "http://127.0.0.1/api/v1/cluster", "*", "evil.example:443"])(
    "to the target %s are answered 400",
    async (target) => {
      const before = upstream.seen.length;
      const answer = await raw(`GET ${target} HTTP/1.1`, host(), "Connection: close");
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(upstream.seen).toHaveLength(before);
    },
  );

  it("to tunnel are not answered", async () => {
    expect(await raw("CONNECT evil.example:443 HTTP/1.1", host())).not.toMatch(/ 200 /);
  });
});

describe("what a page may do (U3, U4)", () => {
  it("each page has a nonce of its own and may not be framed", async () => {
    const pages = [await send("/c/local/topics"), await send("/c/local/topics")];
    const nonces = pages.map(({ headers, text }) => {
      const policy = String(headers["content-security-policy"]);
      const nonce = /script-src 'self' 'nonce-([^']+)' 'strict-dynamic';/.exec(policy)?.[1];
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
      expect(text).toContain(`nonce="${nonce}"`);
      return nonce;
    });
    expect(new Set(nonces).size).toBe(2);
    expect(pages[0]?.headers["x-frame-options"]).toBe("DENY");
    expect(pages[0]?.headers["cache-control"]).toContain("no-store");
  });

  it("a name in the address is text in the page", async () => {
    const path = `/c/local/topics/${encodeURIComponent("<script>alert(1)</script>")}`;
    const { text } = await send(path);
    expect(text).not.toContain("<script>alert(1)");
  });

  it("does not lead to other hosts", async () => {
    for (const path of ["//evil.example/", "/\\evil.example", "/c/other"]) {
      const { status, headers } = await send(path);
      expect([400, 404, 308]).toContain(status);
      expect(String(headers.location ?? "")).not.toMatch(/^(https?:)?\/\//);
    }
  });

  it("front page leads to the cluster", async () => {
    const { status, headers } = await send("/");
    expect(status).toBe(307);
    expect(headers.location).toBe("/c/local");
  });
});
