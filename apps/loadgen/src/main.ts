/** `npm run bench`: the loads, each beside the floor, as a table. */
import { runTool, type Tool, wholeNumber } from "@runnel/kit/tool-flags.ts";
import { runMatrix } from "./matrix.ts";
import { runSession } from "./session.ts";
import { runStandard } from "./standard.ts";

/** Pairs of runs by default: a table of a few rows, and a matrix of many. */
const ROUNDS = 9;
const ROUNDS_FULL = 3;

const TOOL: Tool<"only" | "rounds" | "json" | "dir" | "full"> = {
  command: "npm run bench --",
  about:
    "Drives loads at a broker and, in turn, at the floor: what this runtime can do at most here.\n" +
    "Where KAFKA_HOME names an Apache Kafka, it carries the same loads.",
  flags: {
    only: { value: "TEXT", text: "the rows whose names contain this" },
    rounds: {
      value: "N",
      text: `pairs of runs for each row (default: ${ROUNDS}, with --full ${ROUNDS_FULL})`,
    },
    json: { value: "FILE", text: "write the figures here, too" },
    dir: { value: "DIR", text: "where the data is kept meanwhile (default: the system's)" },
    full: { value: null, text: "the whole matrix of loads, which takes hours and 10 GB of disk" },
  },
};

await runTool(TOOL, async (flags) => {
  const isFull = flags.full !== undefined;
  const missing = isFull ? ROUNDS_FULL : ROUNDS;
  const rounds = wholeNumber(flags.rounds, "rounds", { min: 1, missing });
  await runSession(flags, rounds, isFull ? runMatrix : runStandard);
});
