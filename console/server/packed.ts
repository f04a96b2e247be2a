/** The console of the package `@runnel/console`: its pages are built, and lie beside it. */
import { join } from "node:path";
import { runProgram } from "./program.ts";

await runProgram(async () => join(import.meta.dirname, "pages"));
