/**
 * The one HTTP server of the console. It refuses what may not come in, passes `/api` on to the admin
 * API, and leaves pages and their files to Next, which therefore sees reading requests only: no
 * Server Action can be called, no upgrade made, no image fetched.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ApiProxy } from "./api-proxy.ts";
import { type GuardOptions, refuse } from "./guard.ts";
import { sendRefusal } from "./refusal.ts";
import { contentSecurityPolicy, createNonce, PAGE_HEADERS } from "./security-headers.ts";
import { type StaticFiles, sendStatic } from "./static-files.ts";

export type Renderer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface FrontOptions extends GuardOptions {
  readonly proxy: ApiProxy;
  readonly files: StaticFiles;
}

const HEADER_BYTES_MAX = 65_536;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
const CONNECTIONS_MAX = 1_024;

/** Headers by which a request could speak to the inside of Next; nobody outside has use for them. */
const INTERNAL_HEADERS = /^x-(middleware|next|invoke|matched|now|nextjs|rewrite)/;

/** A server that is not listening yet; `setRenderer` must be called before it is. */
export class Front {
  readonly server: Server;
  readonly #options: FrontOptions;
  #render: Renderer | null = null;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.server = createServer(
      {
        maxHeaderSize: HEADER_BYTES_MAX,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (request, response) => void this.#onRequest(request, response),
    );
    this.server.maxConnections = CONNECTIONS_MAX;
    this.server.on("upgrade", (_, socket) => socket.destroy());
  }

  setRenderer(render: Renderer): void {
    this.#render = render;
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refuse(request, this.#options);
    if (refusal !== null) {
      sendRefusal(response, refusal);
      return;
    }
    const url = request.url ?? "/";
    if (url === "/api" || url.startsWith("/api/")) {
      await this.#options.proxy.handle(request, response);
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      const detail = "pages can only be read";
      sendRefusal(response, { status: 405, title: "Method Not Allowed", detail });
      return;
    }
    if (sendStatic(this.#options.files, request, response)) return;
    if (url.startsWith("/_next/image")) {
      sendRefusal(response, { status: 404, title: "Not Found", detail: "no images are made here" });
      return;
    }
    await this.#renderPage(request, response);
  }

  async #renderPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const name of Object.keys(request.headers)) {
      if (INTERNAL_HEADERS.test(name)) delete request.headers[name];
    }
    // Next takes the nonce for its own scripts from this header of the request.
    const policy = contentSecurityPolicy(createNonce());
    request.headers["content-security-policy"] = policy;
    response.setHeader("content-security-policy", policy);
    for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
    try {
      await this.#render?.(request, response);
    } catch (error) {
      process.stderr.write(`console: a page could not be made: ${String(error)}\n`);
      const detail = "the page could not be made; the console's log says why";
      sendRefusal(response, { status: 500, title: "Internal Server Error", detail });
    }
  }
}
