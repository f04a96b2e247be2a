/**
 * Runs the parts of a test command one after the other, shows what they print, and counts: every
 * test is one, every other step is one. Runs on Node 20.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENV, NODE, ROOT } from "./setup.mjs";

const PROGRESS_MS = 60_000;
/** How much of a failed test's message stands beside its name at the end. */
const MESSAGE_LINES_MAX = 8;

/** Counts of a whole run, and the names of what failed or was left out. */
export class Tally {
  #passed = 0;
  #failures = [];
  #skipped = [];

  /** Counts a step that has been done; `problem` null means that it passed. */
  note(name, problem, seconds = 0) {
    const span = seconds > 0 ? ` (${seconds} s)` : "";
    if (problem === null) {
      this.#passed += 1;
      console.log(`ok      ${name}${span}`);
    } else {
      this.#failures.push(`${name}: ${problem}`);
      console.log(`FAILED  ${name}${span}: ${problem}`);
    }
  }

  /** Runs a command as one step. */
  async step(name, command, limitMs) {
    announce(name);
    const { problem, seconds } = await run(name, command, limitMs);
    this.note(name, problem, seconds);
  }

  /** Runs the tests of a Vitest config file and counts each of them. */
  async vitest(name, { config, limitMs, isVerbose = false, env = {} }) {
    announce(name);
    const folder = mkdtempSync(join(tmpdir(), "runnel-test-"));
    const report = join(folder, "report.json");
    const vitest = [NODE, join(ROOT, "node_modules", "vitest", "vitest.mjs"), "run"];
    const reporters = [`--reporter=${isVerbose ? "verbose" : "default"}`, "--reporter=json"];
    const command = [...vitest, "--config", config, ...reporters, `--outputFile.json=${report}`];
    const { problem, seconds } = await run(name, command, limitMs, env);
    const counts = readReport(report);
    rmSync(folder, { recursive: true, force: true });
    this.#passed += counts.passed;
    this.#failures.push(...counts.failures);
    this.#skipped.push(...counts.skipped);
    // A crash, an unhandled rejection, a hang or no tests at all: nothing in the report says so.
    const isUnexplained = problem !== null && counts.failures.length === 0;
    if (isUnexplained) this.#failures.push(`${name}: ${problem}`);
    const failed = counts.failures.length + (isUnexplained ? 1 : 0);
    console.log(`${name}: ${counts.passed} tests passed, ${failed} failed (${seconds} s)`);
  }

  /** Prints names and the closing line, and sets the exit code of the process. */
  finish() {
    if (this.#skipped.length > 0) console.log(`\nNot run:\n${bullets(this.#skipped)}`);
    if (this.#failures.length > 0) console.log(`\nFailed:\n${bullets(this.#failures)}`);
    console.log(`\n${this.#passed} passed, ${this.#failures.length} failed`);
    process.exitCode = this.#failures.length > 0 ? 1 : 0;
  }
}

const announce = (name) => console.log(`\n== ${name}`);
const bullets = (names) => names.map((name) => `  - ${name}`).join("\n");

/**
 * Runs a command in the repository's environment, without stdin and in a process group of its own,
 * so that whatever it leaves behind can be ended when it takes longer than `limitMs`.
 */
function run(name, [command, ...args], limitMs, env = {}) {
  const startMs = Date.now();
  const seconds = () => Math.round((Date.now() - startMs) / 1_000);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...ENV, ...env },
      stdio: ["ignore", "inherit", "inherit"],
      detached: true,
    });
    let problem = null;
    const end = (signal) => {
      // Without a process id the command was never started.
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // The group is gone already.
      }
    };
    const interrupt = (signal) => {
      end(signal);
      process.exit(130);
    };
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    const limit = setTimeout(() => {
      problem = `ended after its limit of ${limitMs / 1_000} s`;
      end("SIGKILL");
    }, limitMs);
    const progress = setInterval(() => {
      console.log(`   … ${name}: ${seconds()} s`);
    }, PROGRESS_MS);
    child.on("error", (error) => {
      problem = error.message;
    });
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      clearInterval(progress);
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      end("SIGKILL"); // what a broken test has left running
      if (code !== 0) problem ??= `ended with ${code === null ? signal : `status ${code}`}`;
      resolve({ problem, seconds: seconds() });
    });
  });
}

/** Reads Vitest's JSON report; a missing one has no counts. */
function readReport(path) {
  const counts = { passed: 0, failures: [], skipped: [] };
  let report;
  try {
    report = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return counts;
  }
  for (const file of report.testResults) {
    const fileName = file.name.startsWith(ROOT) ? file.name.slice(ROOT.length + 1) : file.name;
    const outcomes = file.assertionResults;
    for (const { status, fullName, failureMessages } of outcomes) {
      if (status === "passed") counts.passed += 1;
      else if (status === "failed") {
        counts.failures.push(`${fileName}: ${fullName}${beginning(failureMessages)}`);
      } else counts.skipped.push(`${fileName}: ${fullName}`);
    }
    // A file that cannot be loaded, or whose hook fails, is a failure without a failed test.
    const isExplained = outcomes.some(({ status }) => status === "failed");
    if (file.status === "failed" && !isExplained) {
      counts.failures.push(fileName + beginning([file.message ?? ""]));
    }
  }
  return counts;
}

/** The first lines of what a failed test said, indented below its name. */
function beginning(messages = []) {
  const lines = messages.join("\n").split("\n").slice(0, MESSAGE_LINES_MAX);
  return lines.map((line) => `\n      ${line}`).join("");
}
