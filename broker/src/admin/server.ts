/**
 * The admin port. Load this module once the Kafka port accepts: it brings the HTTP stack with it, which
 * the first produce need not wait for.
 */
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { ioError, listenReason } from "#io/errors.ts";
import { type AdminServices, createAdminApp } from "./app.ts";

/** A client has this long for its headers, and for the whole request. */
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 30_000;
const KEEP_ALIVE_MS = 5_000;
const HEADER_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 256;
/** How often late clients are looked for. */
const CHECK_MS = 1_000;

export interface AdminServer {
  /** The address in fact. */
  readonly host: string;
  readonly port: number;
  /** Stops accepting; cuts what is not answered after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/** Serves the admin port from when it resolves. Rejects with `IoError` naming the address. */
export function openAdminServer(
  services: AdminServices & { readonly host: string; readonly port: number },
): Promise<AdminServer> {
  const { host, port } = services;
  // A name the port is bound to is one under which it may be asked.
  const allowedHosts = [...services.allowedHosts, host];
  const app = createAdminApp({ ...services, allowedHosts });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: HEADERS_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      connectionsCheckingInterval: CHECK_MS,
    },
  });
  if ("maxConnections" in server) server.maxConnections = CONNECTIONS_MAX;
  return new Promise((resolve, reject) => {
    const onRefused = (cause: Error): void => {
      const where = `${host}:${port}`;
      const message = `cannot serve the admin port on ${where}: ${listenReason(cause)}`;
      reject(ioError("RUNNEL_LISTEN_FAILED", message, cause));
    };
    server.once("error", onRefused);
    server.listen(port, host === "" ? undefined : host, () => {
      server.off("error", onRefused);
      server.on("error", (error: Error) => services.logger.warn({ error }, "admin port failed"));
      resolve(asAdminServer(server, services));
    });
  });
}

function asAdminServer(
  server: ServerType,
  asked: { readonly host: string; readonly port: number },
): AdminServer {
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address : null;
  return {
    host: bound?.address ?? asked.host,
    port: bound?.port ?? asked.port,
    close: (deadlineMs) =>
      new Promise((resolve) => {
        const cut = (): void => {
          if ("closeAllConnections" in server) server.closeAllConnections();
        };
        const timer = setTimeout(cut, deadlineMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        if ("closeIdleConnections" in server) server.closeIdleConnections();
      }),
  };
}
