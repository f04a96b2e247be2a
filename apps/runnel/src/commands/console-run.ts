/** `runnel console`: the console as a child with our terminal, which ends when we do. */
import { spawn } from "node:child_process";
import { ExitCode } from "../cli/failure.ts";
import { consoleCommand } from "../console-program.ts";

export interface ConsoleFlags {
  readonly console?: string;
  readonly admin?: string;
  readonly cluster?: string;
  readonly allowHost?: readonly string[];
  readonly insecure?: boolean;
}

export async function runConsole(flags: ConsoleFlags): Promise<void> {
  const [program, ...args] = consoleCommand({
    listen: flags.console,
    admin: flags.admin,
    cluster: flags.cluster,
    allowedHosts: flags.allowHost,
    isInsecure: flags.insecure === true,
  });
  // The channel tells the child that we are gone, however we went.
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on("SIGINT", forward).on("SIGTERM", forward);
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? ExitCode.FAILED));
  });
}
