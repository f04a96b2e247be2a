/** `npm run bench:console`: what people feel who look for events, as a table. */
import { statfsSync } from "node:fs";
import { runTool, type Tool, ToolUsageError, wholeNumber } from "@runnel/kit/tool-flags.ts";
import { KEY_ROW, keyRows } from "./console/key-rows.ts";
import { FIRST_PAGE_ROW, firstPageRows, TOPICS_ROW, topicsPageRows } from "./console/page-rows.ts";
import { FULL_SCALE, type Scale, USUAL_SCALE } from "./console/scale.ts";
import { BRUSH_ROW, PRODUCE_ROW, SCAN_ROW, searchRows } from "./console/search-rows.ts";
import type { Report } from "./report.ts";
import { parentOf, runSession, type Settings } from "./session.ts";

const ROUNDS = 7;

const TOOL: Tool<"only" | "rounds" | "json" | "dir" | "full"> = {
  command: "npm run bench:console --",
  about:
    "Searches events by the admin API and by the console in a browser, and times what comes of it.\n" +
    `Needs ${describe(USUAL_SCALE)}, or with --full ${describe(FULL_SCALE)}; and\n` +
    "Debian's Chromium (package chromium). The first run builds the console.",
  flags: {
    only: {
      value: "TEXT",
      text: `the rows whose names contain this: ${allRows().join(", ")}`,
    },
    rounds: { value: "N", text: `runs, or pairs of runs, for each row (default: ${ROUNDS})` },
    json: { value: "FILE", text: "write the figures here, too" },
    dir: { value: "DIR", text: "where the data is kept meanwhile (default: the system's)" },
    full: { value: null, text: "50 million keys and 10 GB to scan, as the promises say" },
  },
};

function allRows(): readonly string[] {
  return [KEY_ROW, SCAN_ROW, BRUSH_ROW, PRODUCE_ROW, TOPICS_ROW, FIRST_PAGE_ROW];
}

function describe({ gigabytes, minutes }: Scale): string {
  return `${gigabytes} GB of disk and about ${minutes} minutes`;
}

await runTool(TOOL, async (flags) => {
  const scale = flags.full === undefined ? USUAL_SCALE : FULL_SCALE;
  const rounds = wholeNumber(flags.rounds, "rounds", { min: 1, missing: ROUNDS });
  checkRoom(parentOf(flags), scale);
  await runSession(flags, rounds, async (report, settings) => {
    report.tell(`needs ${describe(scale)}, in ${settings.folder}`);
    await runRows(report, settings, scale);
  });
});

async function runRows(report: Report, settings: Settings, scale: Scale): Promise<void> {
  await keyRows(report, settings, scale);
  await searchRows(report, settings, scale);
  await topicsPageRows(report, settings);
  await firstPageRows(report, settings);
}

function checkRoom(parent: string, { gigabytes }: Scale): void {
  const { bavail, bsize } = statfsSync(parent);
  const free = (bavail * bsize) / 1e9;
  if (free >= gigabytes) return;
  throw new ToolUsageError(
    `--dir: ${parent} has ${free.toFixed(1)} GB free, and ${gigabytes} GB are needed`,
  );
}
