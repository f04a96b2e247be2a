/**
 * What a fresh clone lacks: npm packages (with them Node 26), and the foreign clients of the tests.
 *
 * Runs on Node 20, because nothing newer is there yet. Every function is idempotent, and quick when
 * there is nothing to do.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that the repository brings along. */
export const NODE = join(ROOT, "node_modules", ".bin", "node");

/** Environment in which `node` and the tools are the repository's own. */
export const ENV = {
  ...process.env,
  PATH: `${join(ROOT, "node_modules", ".bin")}:${process.env.PATH ?? ""}`,
};

/** Debian's interpreter, the only one that sees Debian's Python packages. */
const PYTHON = "/usr/bin/python3";

/** Programs from Debian: the package, and a command that succeeds once it is installed. */
export const TEST_CLIENTS = [
  { debian: "chromium", probe: ["chromium", "--version"] },
  { debian: "curl", probe: ["curl", "--version"] },
  { debian: "kcat", probe: ["kcat", "-V"] },
  { debian: "strace", probe: ["strace", "-V"] },
  { debian: "python3-confluent-kafka", probe: [PYTHON, "-c", "import confluent_kafka"] },
  { debian: "python3-kafka", probe: [PYTHON, "-c", "import kafka"] },
  { debian: "python3-snappy", probe: [PYTHON, "-c", "import snappy"] },
  { debian: "python3-lz4", probe: [PYTHON, "-c", "import lz4.frame"] },
  { debian: "python3-zstandard", probe: [PYTHON, "-c", "import zstandard"] },
];

const STAMP = join(ROOT, "node_modules", ".runnel-installed");
const PROGRESS_MS = 10_000;
const PROBE_MS_MAX = 30_000;

/** True when the command exists and ends well. */
export function succeeds([command, ...args]) {
  return spawnSync(command, args, { stdio: "ignore", timeout: PROBE_MS_MAX }).status === 0;
}

/** Installs the npm packages unless this very lock file was installed here before; throws on failure. */
export async function ensurePackages() {
  const isInstalled = existsSync(STAMP) && existsSync(NODE);
  if (isInstalled && readFileSync(STAMP, "utf8") === fingerprint()) return;
  const args = ["--include=dev", "--include=optional", "--no-audit", "--no-fund"];
  const status = await withProgress("npm packages: installing, about a minute", () =>
    runQuietly(["npm", "install", ...args, "--loglevel=error"]),
  );
  if (status !== 0) throw new Error(`npm install ended with status ${status}, see above`);
  if (!succeeds([NODE, "--version"])) {
    throw new Error(
      "npm packages are installed, but Node 26 is not among them: allow install scripts " +
        "(npm config delete ignore-scripts), delete node_modules and try again",
    );
  }
  writeFileSync(STAMP, fingerprint());
}

/**
 * Installs those of `programs` that are missing, where that is possible: as root, with apt-get.
 * Returns null once all are there, else a sentence that says what to do.
 */
export async function ensurePrograms(programs) {
  const missing = () => programs.filter(({ probe }) => !succeeds(probe));
  const names = missing().map(({ debian }) => debian);
  if (names.length === 0) return null;
  const list = names.join(" ");
  if (process.getuid?.() !== 0 || !succeeds(["apt-get", "--version"])) {
    return `the tests need these programs, please install them: sudo apt-get install -y ${list}`;
  }
  await withProgress(`Debian packages: installing ${list}`, async () => {
    await runQuietly(["apt-get", "update", "-qq"]);
    return runQuietly(["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...names]);
  });
  const left = missing().map(({ debian }) => debian);
  return left.length === 0 ? null : `apt-get could not install ${left.join(" ")}, see above`;
}

/** What `node_modules` was made from: lock file, root manifest, platform. */
function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const path of ["package-lock.json", "package.json"]) {
    hash.update(readFileSync(join(ROOT, path)));
  }
  return hash.digest("hex");
}

/** Says on stderr what goes on, again every 10 s, and how long it took. */
async function withProgress(title, work) {
  const startMs = Date.now();
  const seconds = () => Math.round((Date.now() - startMs) / 1_000);
  process.stderr.write(`${title} …\n`);
  const timer = setInterval(() => {
    process.stderr.write(`  still at it after ${seconds()} s\n`);
  }, PROGRESS_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.stderr.write(`  ${seconds()} s\n`);
  }
}

/** Runs a command without stdin; what it prints is shown only if it fails. Returns its exit status. */
function runQuietly([command, ...args]) {
  return new Promise((resolve) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on("close", (status) => {
      if (status !== 0) process.stderr.write(Buffer.concat(output));
      resolve(status ?? 1);
    });
  });
}
