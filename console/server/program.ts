/**
 * The console as a program: `--listen HOST:PORT --admin HOST:PORT`, wherever its pages come from.
 *
 * Prints `console: …` while it builds them and `console ready http://HOST:PORT` once it answers. A
 * parent with a channel may send `{ admin: "HOST:PORT" }` when the broker has moved; when the channel
 * ends, so does the console.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Address, formatAddress, isLoopback, parseAddress } from "./addresses.ts";
import { ApiProxy } from "./api-proxy.ts";
import { Front } from "./front.ts";
import { BuildError, type FindPages } from "./pages.ts";
import { createRenderer } from "./renderer.ts";
import { readCompressed } from "./static-files.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const CLUSTER_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

class UsageError extends Error {}

interface Options {
  readonly listen: Address;
  readonly admin: Address;
  readonly allowedHosts: ReadonlySet<string>;
  readonly cluster: string;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      listen: { type: "string", default: "127.0.0.1:3000" },
      admin: { type: "string", default: "127.0.0.1:9644" },
      cluster: { type: "string", default: "local" },
      "allow-host": { type: "string", multiple: true, default: [] },
      insecure: { type: "boolean", default: false },
    },
  });
  const listen = addressOf(values.listen, "--listen");
  if (!isLoopback(listen.host) && !values.insecure) {
    throw new UsageError(
      `--listen: ${listen.host} is reachable from other machines and the console asks nobody who ` +
        "they are: use 127.0.0.1, or add --insecure",
    );
  }
  if (!CLUSTER_NAME.test(values.cluster)) {
    throw new UsageError("--cluster: a name has a–z, 0–9, dot, dash and underscore, 63 at most");
  }
  return {
    listen,
    admin: addressOf(values.admin, "--admin"),
    allowedHosts: new Set([listen.host, ...values["allow-host"].map((host) => host.toLowerCase())]),
    cluster: values.cluster,
  };
}

function addressOf(text: string, flag: string): Address {
  const address = parseAddress(text);
  if (address === null) throw new UsageError(`${flag}: "${text}" is not HOST:PORT`);
  return address;
}

async function run(
  { listen, admin, allowedHosts, cluster }: Options,
  findPages: FindPages,
): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  process.once("disconnect", () => stop.abort());
  const dir = await findPages({
    onProgress: (line) => process.stdout.write(`console: ${line}\n`),
    signal: stop.signal,
  });
  process.env["RUNNEL_CLUSTER"] = cluster;
  process.env["RUNNEL_ADMIN_ADDRESS"] = formatAddress(admin);
  const proxy = new ApiProxy(admin);
  process.on("message", (message: { readonly admin?: unknown }) => {
    const moved = parseAddress(String(message.admin));
    if (moved === null) return;
    proxy.moveTo(moved);
    process.env["RUNNEL_ADMIN_ADDRESS"] = formatAddress(moved);
  });
  process.channel?.unref();
  const files = readCompressed(join(dir, ".next", "static"));
  const front = new Front({ proxy, allowedHosts, files });
  const { host } = listen;
  const { server } = front;
  // The port first: a second console must not load everything only to learn that it is taken.
  const port = await bind(server, listen);
  front.setRenderer(await createRenderer({ dir, server, host, port }));
  process.stdout.write(`console ready http://${formatAddress({ host, port })}\n`);
  await ended(stop.signal);
  server.close();
  server.closeAllConnections();
  await proxy.stop();
}

function bind(server: Front["server"], { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const text = formatAddress({ host, port });
      const reason =
        error.code === "EADDRINUSE"
          ? "is in use: choose another one with --console"
          : error.message;
      reject(new UsageError(`the address ${text} ${reason}`));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Runs the console with the pages that `findPages` finds, and ends the process with it. */
export async function runProgram(findPages: FindPages): Promise<never> {
  try {
    await run(readOptions(), findPages);
    return process.exit(0);
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") process.exit(0);
    const isKnown = error instanceof UsageError || error instanceof BuildError;
    const isUsage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`runnel console: ${isKnown || isUsage ? message : (stack ?? message)}\n`);
    return process.exit(isUsage ? EXIT_USAGE : EXIT_FAILED);
  }
}
