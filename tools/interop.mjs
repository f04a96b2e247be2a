/**
 * `npm run test:interop`: Kafka clients that need a toolchain and a download of their own. First
 * says what this machine has; what is missing counts as failed. Ends with `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tally } from "./runner.mjs";
import { ENV, ensurePackages, ensurePrograms, ROOT } from "./setup.mjs";

const MINUTE_MS = 60_000;

/** What Debian has in a version that serves; its Go is too old, so Go must be there already. */
const PROGRAMS = [
  { debian: "openjdk-17-jdk-headless", probe: ["javac", "-version"] },
  { debian: "maven", probe: ["mvn", "-v"] },
  { debian: "python3-venv", probe: ["python3", "-c", "import ensurepip, venv"] },
  { debian: "python3-pip", probe: ["python3", "-m", "pip", "--version"] },
];

/**
 * Each asks a registry through its own client, so that mirrors and proxies count. The tests get the
 * answer in the environment `variable`, where one is named.
 */
const REGISTRIES = [
  {
    name: "Java, Maven and Maven Central",
    command: [process.execPath, join(ROOT, "tools", "kafka", "get-kafka.mjs")],
    variable: "KAFKA_HOME",
    advice: "install Java 17 and Maven, and allow Maven Central",
  },
  {
    name: "Go and its module proxy",
    command: ["go", "list", "-m", "github.com/twmb/franz-go@latest"],
    advice: "install Go 1.26 or newer, and allow its module proxy",
  },
  {
    name: "Python, pip and PyPI",
    command: ["python3", "-m", "pip", "index", "versions", "confluent-kafka"],
    advice: "install Python 3 with venv and pip, and allow PyPI",
  },
];

/** Runs a probe; the first line it prints is the proof. */
function probe({ name, command: [program, ...args], advice }) {
  // Outside the repository: `go list` must not find a go.mod.
  const options = { cwd: tmpdir(), encoding: "utf8", timeout: 10 * MINUTE_MS, env: ENV };
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (status === 0) {
    const proof = stdout.trim().split("\n")[0];
    return { name, proof, problem: null };
  }
  const reason = error?.message ?? (stderr.trim().split("\n").at(-1) || `status ${status}`);
  return { name, proof: "", problem: `${reason}; ${advice}` };
}

const tally = new Tally();
try {
  await ensurePackages();
  const advice = await ensurePrograms(PROGRAMS);
  if (advice !== null) console.log(advice);
  const env = {};
  for (const registry of REGISTRIES) {
    console.log(`… ${registry.name}`);
    const { name, proof, problem } = probe(registry);
    tally.note(problem === null ? `${name}: ${proof}` : name, problem);
    if (problem === null && registry.variable !== undefined) env[registry.variable] = proof;
  }
  await tally.vitest("interop", {
    config: "vitest.interop.config.ts",
    limitMs: 15 * MINUTE_MS,
    isVerbose: true,
    env,
  });
} catch (error) {
  tally.note("set-up", error.message);
}
tally.finish();
