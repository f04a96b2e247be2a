/**
 * `npm start [-- flags of "runnel up"]`: installs what is missing, then runs `runnel up` in the
 * foreground and ends with its exit code.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { ENV, ensurePackages, NODE, ROOT } from "./setup.mjs";

/** npm repeats signals that the process group has received already; what comes so soon is one signal. */
const SAME_SIGNAL_MS = 500;

try {
  await ensurePackages();
} catch (error) {
  process.stderr.write(`npm start: ${error.message}\n`);
  process.exit(1);
}

const main = join(ROOT, "apps", "runnel", "src", "main.mjs");
const child = spawn(NODE, [main, "up", ...process.argv.slice(2)], { env: ENV, stdio: "inherit" });

let lastSignalMs = Number.NEGATIVE_INFINITY;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the whole process group: the child has it already.
    const hasChildReceivedIt = signal === "SIGINT" && process.stdin.isTTY;
    const isRepeated = performance.now() - lastSignalMs < SAME_SIGNAL_MS;
    lastSignalMs = performance.now();
    if (!hasChildReceivedIt && !isRepeated) child.kill(signal);
  });
}

child.on("error", (error) => {
  process.stderr.write(`npm start: ${error.message}\n`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
