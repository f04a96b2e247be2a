import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { silentLogger } from "@runnel/kit/world.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createExposition } from "#metrics/exposition.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { type AdminServer, openAdminServer } from "./server.ts";

let server: AdminServer;
let reasons: string[] = [];

beforeAll(async () => {
  const registry = new MetricRegistry();
  registry.counter("runnel_test_total", "a test").add(5);
  server = await openAdminServer({
    host: "127.0.0.1",
    port: 0,
    logger: silentLogger,
    metrics: createExposition(registry, silentLogger),
    readiness: () => reasons,
    allowedHosts: ["broker.example"],
    loadV1: null,
  });
});
afterAll(() => server.close(1000));

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

async function ask(path: string, options: http.RequestOptions = {}): Promise<Answer> {
  const request = http.request({ host: "127.0.0.1", port: server.port, path, ...options });
  request.end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** Sends `text` as it is; everything that came back until the server closed. */
async function raw(text: string): Promise<string> {
  const socket = net.connect(server.port, "127.0.0.1");
  let answer = "";
  socket.on("data", (bytes: Buffer) => {
    answer += bytes.toString();
  });
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return answer;
}

describe("admin port", () => {
  test("health, readiness and metrics", async () => {
    expect(await ask("/healthz")).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    reasons = [];
    expect(await ask("/readyz")).toMatchObject({ status: 200 });
    reasons = ["the cluster is not known yet"];
    const notReady = await ask("/readyz");
    expect(notReady.status).toBe(503);
    expect(JSON.parse(notReady.body)).toMatchObject({ detail: "the cluster is not known yet" });
    const metrics = await ask("/metrics");
    expect(metrics.headers["content-type"]).toContain("text/plain");
    expect(metrics.body).toContain("runnel_test_total 5");
    expect(metrics.body).toContain("process_resident_memory_bytes");
    expect(metrics.headers["x-content-type-options"]).toBe("nosniff");
    expect(await ask("/healthz", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test("H3: unknown paths, wrong and odd methods are problem documents", async () => {
    const missing = await ask("/nothing%0d%0a");
    expect(missing.headers["content-type"]).toBe("application/problem+json");
    expect(JSON.parse(missing.body)).toMatchObject({
      type: "urn:runnel:problem:not-found",
      status: 404,
    });
    const wrong = await ask("/healthz", { method: "DELETE" });
    expect(wrong).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    expect((await ask("/healthz", { method: "TRACE" })).status).toBe(405);
    expect((await ask("/nothing", { method: "PROPFIND" })).status).toBe(405);
  });

  test("H4: 421 unless the Host is a loopback name, the bound address or configured", async () => {
    const status = async (host: string): Promise<number> =>
      (await ask("/healthz", { headers: { host } })).status;
    for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1:9644", "[::1]:9644", "127.9.9.9"]) {
      expect(await status(host)).toBe(200);
    }
    expect(await status("broker.example:9644")).toBe(200);
    for (const host of ["evil.example", "localhost.evil.example", "192.168.0.1"]) {
      expect(await status(host)).toBe(421);
    }
    const refused = await ask("/healthz", { headers: { host: "evil.example" } });
    expect(refused.body).toContain("runnel.admin.allowed.hosts");
    expect(await status("a b")).toBe(400);
  });

  test("H4: a page of another site may change nothing", async () => {
    const post = (headers: http.OutgoingHttpHeaders): Promise<Answer> =>
      ask("/healthz", { method: "POST", headers });
    expect((await post({ origin: "http://evil.example" })).status).toBe(403);
    expect((await post({ origin: "null" })).status).toBe(403);
    expect((await post({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await post({ origin: `http://127.0.0.1:${server.port + 1}` })).status).toBe(403);
    expect((await post({ origin: "http://127.0.0.1" })).status).toBe(403);
    expect((await post({ origin: `http://localhost:${server.port}` })).status).toBe(403);
    expect((await post({ origin: `http://127.0.0.1:${server.port}` })).status).toBe(405);
    expect((await post({})).status).toBe(405);
  });

  test("H4: a page of another site may ask for nothing under /v1, whatever the method", async () => {
    const get = (headers: http.OutgoingHttpHeaders, method = "GET"): Promise<Answer> =>
      ask("/v1/topics", { method, headers });
    for (const site of ["cross-site", "same-site"]) {
      for (const method of ["GET", "HEAD", "OPTIONS"]) {
        expect((await get({ "sec-fetch-site": site }, method)).status).toBe(403);
      }
      // A link to it is followed: nothing is done for it.
      expect((await ask("/healthz", { headers: { "sec-fetch-site": site } })).status).toBe(200);
    }
    expect((await get({ origin: "http://evil.example" })).status).toBe(403);
    for (const site of ["none", "same-origin"]) {
      expect((await get({ "sec-fetch-site": site })).status).toBe(404);
    }
    expect((await get({})).headers["cross-origin-resource-policy"]).toBe("same-origin");
  });

  test("H2: 400 for dot segments, which would name another path than they seem to", async () => {
    const climbing = ["/v1/topics/x/%2e%2e/orders", "/v1/../healthz", "/a/%2E", "/a\\..\\healthz"];
    for (const path of climbing) expect([path, (await ask(path)).status]).toEqual([path, 400]);
    for (const path of ["/v1/topics/a..b", "/v1/topics/...", "/healthz?a=/../b"]) {
      expect([path, (await ask(path)).status]).not.toEqual([path, 400]);
    }
  });

  test("H3: many headers, two lengths, absolute forms, upgrades", async () => {
    const headers = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, "1"]));
    expect((await ask("/healthz", { headers })).status).toBe(431);
    const large = await raw(
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${"y".repeat(20_000)}\r\n\r\n`,
    );
    expect(large).toContain(" 431 ");
    const both = "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n";
    expect(await raw(`${both}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toContain(" 400 ");
    const absolute = "GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\n";
    expect(await raw(`${absolute}Connection: close\r\n\r\n`)).toContain(" 421 ");
    const upgrade = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade, close\r\n";
    expect(await raw(`${upgrade}Upgrade: websocket\r\n\r\n`)).toContain(" 200 ");
    expect(await raw("CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example\r\n\r\n")).toBe("");
  });

  test("an address in use is an IoError that names it", async () => {
    const options = {
      host: "127.0.0.1",
      port: server.port,
      logger: silentLogger,
      metrics: createExposition(new MetricRegistry(), silentLogger),
      readiness: () => [],
      allowedHosts: [],
      loadV1: null,
    };
    await expect(openAdminServer(options)).rejects.toThrow(
      `cannot serve the admin port on 127.0.0.1:${server.port}: another program listens there`,
    );
  });
});
