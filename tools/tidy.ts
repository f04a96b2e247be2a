/**
 * House rules that no linter knows: who may import whom, how long a file may be, what every folder
 * must have. `node tools/tidy.ts` prints one line per violation and ends with 1 if there is any.
 *
 * The layer table below is the architecture. Before you change it, say in `docs/decisions/` why.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";

/** Path relative to the repository, with `/`, → text. */
export type Files = ReadonlyMap<string, string>;

/**
 * Units and their layers. A unit imports itself and strictly lower layers, never its own layer. The
 * longest prefix names a file's unit. `only` narrows further; a unit without `only` takes any lower.
 */
const UNITS: readonly { path: string; layer: number; only?: readonly string[] }[] = [
  { path: "shared/kit/", layer: 0 },
  { path: "shared/protocol/", layer: 1 },
  { path: "shared/contracts/", layer: 1 },
  { path: "shared/streams/", layer: 2 },
  { path: "shared/connect-sdk/", layer: 2 },
  { path: "broker/src/io/", layer: 2 },
  { path: "broker/src/metrics/", layer: 2 },
  { path: "broker/src/metrics/history/", layer: 3 },
  { path: "broker/src/config/", layer: 2 },
  { path: "broker/src/net/", layer: 3 },
  { path: "broker/src/log/", layer: 3 },
  { path: "broker/src/metadata/", layer: 4 },
  { path: "broker/src/auth/", layer: 5 },
  { path: "broker/src/quota/", layer: 5 },
  { path: "broker/src/replica/", layer: 5 },
  { path: "broker/src/controller/", layer: 5 },
  { path: "broker/src/coordinator/", layer: 6 },
  { path: "broker/src/browse/", layer: 6 },
  { path: "broker/src/audit/", layer: 7 },
  { path: "broker/src/api/", layer: 8 },
  { path: "broker/src/admin/", layer: 8 },
  { path: "broker/src/node", layer: 9 },
  // Routes against a whole node in memory.
  { path: "broker/src/admin/v1/node-tests/", layer: 10 },
  { path: "broker/src/main.ts", layer: 10 },
  { path: "broker/src/node.test.ts", layer: 10 },
  { path: "broker/sim/", layer: 11, only: ["shared/", "broker/src/"] },
  { path: "broker/bench/", layer: 11, only: ["shared/", "broker/src/"] },
  { path: "console/", layer: 11, only: ["shared/contracts/"] },
  { path: "console/lib/", layer: 11, only: ["shared/contracts/"] },
  { path: "console/ui/", layer: 12, only: ["shared/contracts/", "console/lib/"] },
  {
    path: "console/features/",
    layer: 13,
    only: ["shared/contracts/", "console/lib/", "console/ui/"],
  },
  { path: "console/app/", layer: 14, only: ["console/"] },
  { path: "apps/runnel/", layer: 11, only: ["shared/", "broker/src/"] },
  { path: "apps/testing/", layer: 11, only: ["shared/", "broker/src/"] },
  { path: "apps/", layer: 11, only: ["shared/"] },
  // The power cut puts a disk of its own under a real broker.
  { path: "e2e/chaos/", layer: 13, only: ["shared/", "broker/src/", "e2e/"] },
  { path: "e2e/", layer: 12, only: ["shared/"] },
  { path: "tools/", layer: 13 },
];

/** The one folder that touches the system, and the code that may plug it in (tests may, too). */
const SYSTEM_FOLDER = "broker/src/io/node/";
const SYSTEM_MODULES = /^node:(fs|fs\/promises|net|tls|dgram)$/;
const SYSTEM_USERS = [SYSTEM_FOLDER, "broker/src/main.ts", "broker/bench/", "apps/", "tools/"];

const LINES_MAX = 500;
const TEST_LINES_MAX = 800;
const README_LINES_MAX = 40;
/** A route only says which feature is shown there. */
const ROUTE_LINES_MAX = 60;

const isSource = (path: string): boolean => /\.(ts|tsx|mjs)$/.test(path);
const isTest = (path: string): boolean => /\.(test|bench|contract)\.tsx?$/.test(path);
const isRoute = (path: string): boolean => path.startsWith("console/app/");
const isExempt = (path: string): boolean => /(^|\/)(fixtures|testdata|generated)\//.test(path);

/** Every violation, as `path: what is wrong`, in the order of the rules. */
export function tidy(files: Files): string[] {
  const sources = [...files.keys()].filter((path) => isSource(path) && !isExempt(path)).sort();
  const graph = new Map<string, string[]>();
  const problems: string[] = [];
  for (const path of sources) {
    const targets: string[] = [];
    for (const specifier of importsOf(files.get(path) ?? "")) {
      if (SYSTEM_MODULES.test(specifier) && isSystemBarred(path)) {
        problems.push(`${path}: imports ${specifier}, which only ${SYSTEM_FOLDER} may`);
      }
      const target = resolve(path, specifier);
      if (target === null) continue;
      problems.push(...checkImport(path, specifier, target));
      if (files.has(target)) targets.push(target);
    }
    graph.set(path, targets);
  }
  problems.push(...findCycles(graph), ...checkLengths(files, sources), ...checkReadmes(files));
  problems.push(...checkErrorCodes(files), ...checkFocus(files, sources));
  problems.push(...checkServerActions(files, sources));
  return problems;
}

/** Specifiers of static and dynamic imports, re-exports and worker URLs; text in strings may add some. */
function importsOf(text: string): string[] {
  const patterns = [
    /^\s*(?:import|export)\b[^;"'`]*?\bfrom\s*"([^"\n]+)"/gm,
    /^\s*import\s*"([^"\n]+)"/gm,
    /\bimport\s*\(\s*"([^"\n]+)"/g,
    /\bnew URL\(\s*"(\.[^"\n]+\.ts)"/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""));
}

/** Path of the imported file; null for what is not ours. */
function resolve(from: string, specifier: string): string | null {
  if (specifier.startsWith(".")) return normalize(join(dirname(from), specifier));
  if (specifier.startsWith("#")) return `broker/src/${specifier.slice(1)}`;
  const [, name, rest] = /^@runnel\/([^/]+)\/(.+)$/.exec(specifier) ?? [];
  if (name === undefined || rest === undefined) return null;
  if (name === "broker") return `broker/src/${rest}`;
  return `${name === "testing" || name === "loadgen" ? "apps" : "shared"}/${name}/src/${rest}`;
}

function checkImport(path: string, specifier: string, target: string): string[] {
  const source = unitOf(path);
  const destination = unitOf(target);
  if (source === undefined) return [`${path}: belongs to no unit of the layer table`];
  if (destination === undefined)
    return isRootFile(target) ? [] : [`${path}: imports ${target}, which belongs to no unit`];
  if (target.startsWith(SYSTEM_FOLDER) && isSystemBarred(path)) {
    return [`${path}: imports ${target}; only main.ts plugs in the real system`];
  }
  if (source.path === destination.path) return checkFeatures(path, target);
  if (specifier.startsWith(".") && path.startsWith("broker/src/")) {
    return [`${path}: imports ${specifier}; write #folder/file.ts across folders`];
  }
  if (
    specifier.startsWith(".") &&
    packageOf(path) !== packageOf(target) &&
    source.path !== "tools/"
  ) {
    return [`${path}: imports ${specifier}; name the package instead`];
  }
  const isLower = destination.layer < source.layer;
  const isAllowed = source.only?.some((prefix) => target.startsWith(prefix)) ?? true;
  if (isLower && isAllowed) return [];
  return [`${path}: imports ${target} (layer ${destination.layer}) from layer ${source.layer}`];
}

/** What two features of the console share is in `console/lib` or `console/ui`. */
function checkFeatures(path: string, target: string): string[] {
  const feature = featureOf(path);
  if (feature === featureOf(target)) return [];
  return [`${path}: imports ${target}; a feature never imports another feature`];
}

function featureOf(path: string): string | undefined {
  return /^console\/features\/([^/]+)\//.exec(path)?.[1];
}

function unitOf(path: string): (typeof UNITS)[number] | undefined {
  const matches = UNITS.filter((unit) => path.startsWith(unit.path));
  return matches.reduce<(typeof UNITS)[number] | undefined>(
    (best, unit) => (best === undefined || unit.path.length > best.path.length ? unit : best),
    undefined,
  );
}

function packageOf(path: string): string {
  return /^(broker|e2e|console|tools)\//.exec(path)?.[1] ?? path.split("/").slice(0, 2).join("/");
}

const isRootFile = (path: string): boolean => !path.includes("/");

function isSystemBarred(path: string): boolean {
  if (!path.startsWith("broker/") || isTest(path)) return false;
  return !SYSTEM_USERS.some((prefix) => path.startsWith(prefix));
}

/** One problem per cycle found, written from the file where it closes. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const trail: string[] = [];
  const problems: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      problems.push(`${path}: import cycle ${[...trail.slice(start), path].join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return problems;
}

function checkLengths(files: Files, sources: readonly string[]): string[] {
  return sources.flatMap((path) => {
    const max = isTest(path) ? TEST_LINES_MAX : isRoute(path) ? ROUTE_LINES_MAX : LINES_MAX;
    const count = countLines(files.get(path) ?? "");
    return count > max ? [`${path}: ${count} lines, at most ${max}`] : [];
  });
}

function checkReadmes(files: Files): string[] {
  const folders = new Set<string>();
  for (const path of files.keys()) {
    const folder = /^broker\/src\/[^/]+(?=\/)/.exec(path)?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  return [...folders].sort().flatMap((folder) => {
    const readme = files.get(`${folder}/README.md`);
    if (readme === undefined) return [`${folder}: has no README.md`];
    const count = countLines(readme);
    return count > README_LINES_MAX
      ? [`${folder}/README.md: ${count} lines, at most ${README_LINES_MAX}`]
      : [];
  });
}

/** A `RUNNEL_…` code stands once in all files named `errors.ts`, whichever package they belong to. */
function checkErrorCodes(files: Files): string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const [path, text] of files) {
    if (!/(^|\/)([a-z-]+-)?errors\.ts$/.test(path)) continue;
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    for (const [, name = ""] of code.matchAll(/\b(RUNNEL_[A-Z0-9_]+)"?\s*[:,]/g)) {
      const owner = owners.get(name);
      if (owner !== undefined) problems.push(`${path}: error code ${name} is already in ${owner}`);
      owners.set(name, path);
    }
  }
  return problems;
}

function checkFocus(files: Files, sources: readonly string[]): string[] {
  const focus = /\b(?:describe|it|test|suite|bench)(?:\.\w+)*\.only\b/;
  return sources
    .filter((path) => isTest(path) && path !== "tools/tidy.test.ts")
    .filter((path) => focus.test(files.get(path) ?? ""))
    .map((path) => `${path}: .only leaves the other tests out`);
}

/** The console's server changes nothing by itself: every change goes through the admin API. */
function checkServerActions(files: Files, sources: readonly string[]): string[] {
  return sources
    .filter((path) => path.startsWith("console/"))
    .filter((path) => /^\s*["']use server["']/m.test(files.get(path) ?? ""))
    .map((path) => `${path}: "use server" makes a Server Action, and the console has none`);
}

const countLines = (text: string): number =>
  text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

/** What git tracks or would track, as far as it is on disk and may matter to a rule. */
function readRepository(): Files {
  // A clone may belong to another user, which git would refuse.
  const command = ["-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"];
  const list = execFileSync("git", command, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = list.split("\0").filter((path) => /\.(ts|tsx|mjs|md)$/.test(path));
  return new Map(paths.filter(existsSync).map((path) => [path, readFileSync(path, "utf8")]));
}

if (import.meta.main) {
  const files = readRepository();
  const problems = tidy(files);
  for (const problem of problems) console.error(problem);
  console.log(`tidy: ${files.size} files, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
