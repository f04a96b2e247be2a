#!/usr/bin/env node
/** The command `runnel`: compile cache first, then the command line. */
import { enableCompileCache } from "node:module";

enableCompileCache();
const { runProgram } = await import("./program.ts");
// Open sockets and a half-read stdin must not keep a finished command alive.
process.exit(await runProgram(process.argv));
