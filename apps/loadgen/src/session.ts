/** What a benchmark runs in: a folder of its own, a report, and a file for its figures. */
import { closeSync, mkdtempSync, openSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { ToolUsageError } from "@runnel/kit/tool-flags.ts";
import { Report } from "./report.ts";
import { removeFolder } from "./servers.ts";

export interface SessionFlags {
  readonly only?: string;
  readonly json?: string;
  readonly dir?: string;
}

export interface Settings {
  /** An empty folder, removed by the caller. */
  readonly folder: string;
  readonly rounds: number;
}

/** Does `work` in a new folder, which is removed whatever comes, and prints what it reported. */
export async function runSession(
  flags: SessionFlags,
  rounds: number,
  work: (report: Report, settings: Settings) => Promise<void>,
): Promise<void> {
  const report = new Report(flags.only ?? null);
  // Better now than after hours.
  const json = flags.json ?? null;
  if (json !== null) usable("json", () => closeSync(openSync(json, "a")));
  const folder = usable("dir", () => mkdtempSync(`${parentOf(flags)}/runnel-bench-`));
  try {
    await work(report, { folder, rounds });
  } finally {
    removeFolder(folder);
  }
  if (report.isEmpty) throw new ToolUsageError(`--only: no row's name contains "${flags.only}"`);
  const conditions = {
    node: process.version,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    rounds,
  };
  report.finish(conditions, json);
}

/** Where the folder of a session is made. */
export function parentOf({ dir }: SessionFlags): string {
  return dir ?? tmpdir();
}

function usable<Result>(flag: string, use: () => Result): Result {
  try {
    return use();
  } catch (error) {
    throw new ToolUsageError(
      `--${flag}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
