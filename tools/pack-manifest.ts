/** The `package.json` of what users install. */
import { globSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";

export type NodeVersion = readonly [major: number, minor: number];

export interface PackageSpec {
  readonly name: string;
  /** From the repository's root. */
  readonly folder: string;
  /** In the folder: the command, or the only module that users import. */
  readonly entry: string;
  readonly role: "command" | "library";
  /** What it loads in ways that a bundler does not see. */
  readonly loads?: readonly string[];
  /** The first usable minor version of each major of Node; from the last one on, all are. */
  readonly nodes: readonly NodeVersion[];
  readonly keywords: readonly string[];
}

/** In the folder of the code. */
export const LAUNCHER = "launch.js";

type Versions = Readonly<Record<string, string>>;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies?: Versions;
  readonly peerDependencies?: Versions;
  readonly peerDependenciesMeta?: Readonly<Record<string, unknown>>;
}

/** `dependencies` are names; their versions are the exact ones that our packages declare. */
export function manifest(
  root: string,
  spec: PackageSpec,
  dependencies: readonly string[],
): Readonly<Record<string, unknown>> {
  const { version, description, license, peerDependencies, peerDependenciesMeta } = read(
    join(root, spec.folder, "package.json"),
  );
  const code = `./lib/${basename(spec.entry, extname(spec.entry))}`;
  const versions = declaredVersions(root);
  return {
    name: spec.name,
    version,
    description,
    keywords: spec.keywords,
    license,
    type: "module",
    engines: { node: enginesOf(spec.nodes) },
    ...(spec.role === "command"
      ? { bin: { [commandOf(spec)]: `./lib/${LAUNCHER}` }, exports: { ".": `./lib/${LAUNCHER}` } }
      : { exports: { ".": conditionsOf(code) } }),
    files: ["lib"],
    dependencies: Object.fromEntries(
      [...new Set([...dependencies, ...(spec.loads ?? [])])].sort().map((name) => {
        const exact = versions.get(name);
        if (exact === undefined)
          throw new Error(`${spec.name} imports ${name}: nobody declares it`);
        return [name, exact];
      }),
    ),
    ...(peerDependencies === undefined ? {} : { peerDependencies, peerDependenciesMeta }),
  };
}

/** `@runnel/console` is the command `runnel-console`. */
function commandOf({ name }: PackageSpec): string {
  return name.replace("@", "").replace("/", "-");
}

function enginesOf(nodes: readonly NodeVersion[]): string {
  const ranges = nodes.map(([major, minor]) => `^${major}.${minor}.0`);
  return [...ranges.slice(0, -1), ranges.at(-1)?.replace("^", ">=")].join(" || ");
}

/**
 * By `import` a library begins with its launcher; by `require` it cannot, as the launcher waits for what
 * it loads, and an old Node has a sentence of its own for that.
 */
function conditionsOf(code: string): Readonly<Record<string, string>> {
  return {
    types: `${code}.d.ts`,
    require: `${code}.js`,
    default: `./lib/${LAUNCHER}`,
  };
}

/**
 * What a package starts with: an older Node would stop at the first new word with a puzzle, and gets a
 * sentence instead. The entry is loaded after that; of a library it gives the `exports`.
 */
export function launcher(spec: PackageSpec, exports: readonly string[]): string {
  const { name, nodes, entry, role } = spec;
  const asked = nodes.map((version) => version.join(".")).join(", ");
  const main = `await import("./${basename(entry, extname(entry))}.js")`;
  const check = `const [major, minor] = process.versions.node.split(".").map(Number);
const nodes = ${JSON.stringify(nodes)};
const last = nodes[nodes.length - 1][0];
const isNewEnough = major > last || nodes.some(([one, from]) => major === one && minor >= from);
const sentence = \`${name}: needs Node ${asked} or newer, and this is \${process.versions.node}\`;
`;
  if (role === "library") {
    return `${check}if (!isNewEnough) throw new Error(sentence);
export const { ${exports.join(", ")} } = ${main};
`;
  }
  return `#!/usr/bin/env node
${check}if (isNewEnough) {
  ${main};
} else {
  console.error(sentence);
  process.exitCode = 1;
}
`;
}

function declaredVersions(root: string): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  const paths = globSync(
    ["broker", "console", "shared/*", "apps/*"].map((path) => `${path}/package.json`),
    {
      cwd: root,
    },
  );
  for (const path of paths) {
    for (const [name, version] of Object.entries(read(join(root, path)).dependencies ?? {})) {
      const other = versions.get(name) ?? version;
      if (other !== version) throw new Error(`${path}: ${name} ${version}, elsewhere ${other}`);
      versions.set(name, version);
    }
  }
  return versions;
}

function read(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}
