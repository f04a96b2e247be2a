/**
 * The console of this repository: `node console/server/main.ts --listen HOST:PORT --admin HOST:PORT`.
 * Builds the pages if that has not been done, then serves until it is told to stop.
 */
import { ensureBuild } from "./build.ts";
import { runProgram } from "./program.ts";

await runProgram(ensureBuild);
