/**
 * Next as a function from request to response. `getRequestHandlers` is what the `server.js` of a
 * standalone build calls as well; calling it ourselves leaves the HTTP server to us: its limits,
 * what comes in before Next, and a port that the system chooses.
 */
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Renderer } from "./front.ts";

interface StartServer {
  getRequestHandlers(options: {
    readonly dir: string;
    readonly port: number;
    readonly hostname: string;
    readonly isDev: boolean;
    readonly server: Server;
    readonly quiet: boolean;
  }): Promise<{ readonly requestHandler: Renderer }>;
}

export interface RendererOptions {
  /** The folder of a standalone build, with `.next` in it. */
  readonly dir: string;
  readonly server: Server;
  readonly host: string;
  readonly port: number;
}

export async function createRenderer(options: RendererOptions): Promise<Renderer> {
  const { dir, server, host, port } = options;
  const require = createRequire(join(dir, "package.json"));
  const files = readFileSync(join(dir, ".next", "required-server-files.json"), "utf8");
  const { config } = JSON.parse(files) as { readonly config: unknown };
  process.env["__NEXT_PRIVATE_STANDALONE_CONFIG"] = JSON.stringify(config);
  Object.assign(process.env, { NODE_ENV: "production" });
  process.chdir(dir);
  require("next");
  const { getRequestHandlers } = require("next/dist/server/lib/start-server") as StartServer;
  const handlers = await getRequestHandlers({
    dir,
    port,
    isDev: false,
    server,
    hostname: host,
    quiet: true,
  });
  return handlers.requestHandler;
}
