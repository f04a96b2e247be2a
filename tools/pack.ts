/**
 * `npm run pack [-- --out DIR]`: makes what users install, as tarballs in `dist/` or DIR. Our own packages are bundled in,
 * those of others stay dependencies with the exact versions that the repository tests with.
 *
 * The same sources give the same bytes, and nothing in them tells where they were made.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "./pack-bundle.ts";
import { declarations } from "./pack-declarations.ts";
import { LAUNCHER, launcher, manifest, type PackageSpec } from "./pack-manifest.ts";
import { pages } from "./pack-pages.ts";

const ROOT = join(import.meta.dirname, "..");

const PACKAGES: readonly PackageSpec[] = [
  {
    name: "runnel",
    folder: "apps/runnel",
    entry: "src/main.mjs",
    role: "command",
    // `@platformatic/kafka` asks for these; the broker itself needs 22.15 (`node:sqlite`, zstd).
    nodes: [
      [22, 22],
      [24, 6],
    ],
    keywords: ["kafka", "broker", "event-streaming", "cli"],
  },
  {
    name: "@runnel/console",
    folder: "console",
    entry: "server/packed.ts",
    role: "command",
    loads: ["next", "react", "react-dom"],
    nodes: [
      [22, 22],
      [24, 6],
    ],
    keywords: ["kafka", "event-streaming", "console"],
  },
  {
    name: "@runnel/testing",
    folder: "apps/testing",
    entry: "src/start-broker.ts",
    role: "library",
    nodes: [
      [22, 15],
      [24, 0],
    ],
    keywords: ["kafka", "broker", "testing", "vitest", "deno"],
  },
];

/** Makes one tarball in `out`; returns its path. */
async function pack(spec: PackageSpec, out: string): Promise<string> {
  const stage = join(out, "packages", spec.name);
  rmSync(stage, { recursive: true, force: true });
  const { files, dependencies, exports } = await bundle({
    root: ROOT,
    entry: `${spec.folder}/${spec.entry}`,
    isToldWhatItLoads: spec.loads !== undefined,
  });
  const more = new Map<string, string | Buffer>([[LAUNCHER, launcher(spec, exports)]]);
  if (spec.folder === "console") {
    for (const [name, content] of await pages(ROOT)) more.set(`pages/${name}`, content);
  }
  if (spec.role === "library") {
    const types = declarations(ROOT, `${spec.folder}/${spec.entry}`);
    for (const [name, text] of types) more.set(name, text);
  }
  const description = manifest(ROOT, spec, dependencies);
  for (const [name, text] of [...files, ...more]) write(join(stage, "lib", name), text);
  write(join(stage, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
  copyFileSync(join(ROOT, "LICENSE"), join(stage, "LICENSE"));
  copyFileSync(join(ROOT, spec.folder, "README.md"), join(stage, "README.md"));
  const command = ["pack", "--silent", "--ignore-scripts", "--pack-destination", out];
  const printed = execFileSync("npm", command, { cwd: stage, encoding: "utf8" });
  return join(out, printed.trim());
}

function write(path: string, content: string | Buffer): void {
  if (content.includes(ROOT)) throw new Error(`${path} names a folder of this machine`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const { values } = parseArgs({ options: { out: { type: "string", default: join(ROOT, "dist") } } });
for (const spec of PACKAGES) {
  const path = await pack(spec, resolve(values.out));
  const kib = Math.ceil(statSync(path).size / 1_024);
  console.log(`${relative("", path)}  ${kib} KiB`);
}
