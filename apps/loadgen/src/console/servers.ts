/** A broker with its admin API, and the console before it, each a process of its own. */
import { join } from "node:path";
import { type Client, createClient } from "@runnel/contracts/client.ts";
import { type Program, runnelProgram, type Server, start } from "../servers.ts";

/** Building the pages takes half a minute, or more where others work on the machine. */
const CONSOLE_START_MS_MAX = 600_000;

export interface AdminBroker extends Server {
  /** `host:port` of the admin API. */
  readonly admin: string;
  readonly api: Client;
}

/** With any further flags. */
export async function startBroker(
  dataDir: string,
  flags: readonly string[] = [],
): Promise<AdminBroker> {
  const program = runnelProgram(dataDir, ["--admin", "127.0.0.1:0", ...flags]);
  let admin: string | undefined;
  const server = await start({
    ...program,
    portIn(output) {
      admin = /admin (127\.0\.0\.1:\d+)\s/.exec(output)?.[1];
      return admin === undefined ? null : program.portIn(output);
    },
  });
  const address = admin ?? "";
  return { ...server, admin: address, api: createClient({ baseUrl: `http://${address}` }) };
}

/** The console before `broker`; its pages are built first where these sources were not yet. */
export function startConsole({ admin }: AdminBroker): Promise<Server> {
  const script = join(import.meta.dirname, "../../../../console/server/main.ts");
  const program: Program = {
    command: process.execPath,
    args: [script, "--listen", "127.0.0.1:0", "--admin", admin],
    startMsMax: CONSOLE_START_MS_MAX,
    portIn(output) {
      const port = /console ready http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      return port === undefined ? null : Number(port);
    },
  };
  return start(program);
}
