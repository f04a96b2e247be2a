/**
 * The console as a program of its own, which runs on Node: in the repository `console/server/main.ts`,
 * which builds the pages when they are first wanted; beside an installed command the package
 * `@runnel/console`. A broker alone needs none of what it brings along.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { CommandError, UsageError } from "./cli/failure.ts";
import { parseAddress } from "./cli/values.ts";

export interface ConsoleOptions {
  /** `HOST:PORT`; by default 127.0.0.1:3000. */
  readonly listen: string | undefined;
  /** Where the admin API is. */
  readonly admin: string | undefined;
  readonly cluster?: string | undefined;
  readonly allowedHosts?: readonly string[] | undefined;
  readonly isInsecure: boolean;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

export const NO_CONSOLE =
  "the console is a package of its own: install @runnel/console beside runnel";

const WORKSPACE = join(import.meta.dirname, "..", "..", "..");

export function hasConsole(): boolean {
  return serverPath() !== null;
}

/** The command line that runs it. Throws `CommandError` where there is none. */
export function consoleCommand(options: ConsoleOptions): [string, ...string[]] {
  checkConsoleOptions(options);
  const server = serverPath();
  if (server === null) throw new CommandError(NO_CONSOLE);
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ["--listen", options.listen],
    ["--admin", options.admin],
    ["--cluster", options.cluster],
    ...(options.allowedHosts ?? []).map((host) => ["--allow-host", host] as const),
  ];
  const flags = pairs.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  return [nodePath(), server, ...flags, ...(options.isInsecure ? ["--insecure"] : [])];
}

/** Throws `UsageError` for what the console would refuse, in the words of our own flags. */
export function checkConsoleOptions({ listen, admin, isInsecure }: ConsoleOptions): void {
  if (admin !== undefined) parseAddress(admin, "--admin");
  if (listen === undefined) return;
  const { host } = parseAddress(listen, "--console");
  if (isInsecure || LOOPBACK.test(host)) return;
  throw new UsageError(
    `--console: ${host} is reachable from other machines and the console asks nobody who they ` +
      "are: use 127.0.0.1, or add --insecure",
  );
}

/** The address that the console's ready line says; null for other lines. */
export function consoleUrlOf(line: string): string | null {
  return /^console ready (http:\S+)$/.exec(line)?.[1] ?? null;
}

/** The program's file; null where it is not installed. */
function serverPath(): string | null {
  try {
    return createRequire(import.meta.url).resolve("@runnel/console");
  } catch {
    return null;
  }
}

/** This Node, or under Deno the one that the workspace brings along. */
function nodePath(): string {
  if (!("deno" in process.versions)) return process.execPath;
  const own = join(WORKSPACE, "node_modules", ".bin", "node");
  return existsSync(own) ? own : "node";
}
