#!/usr/bin/env node
/**
 * The command `runnel`: compile cache first, then the command line.
 *
 * JavaScript, because a module that comes before the cache is stripped of its types at every start: what
 * strips them takes 60 ms of CPU time to load.
 */
import * as modules from "node:module";

// Deno has no such function, as it always keeps a cache.
if ("enableCompileCache" in modules) modules.enableCompileCache();
const { runProgram } = await import("./program.ts");
// Open sockets and a half-read stdin must not keep a finished command alive.
process.exit(await runProgram(process.argv));
