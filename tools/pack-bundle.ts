/** From an entry file to the JavaScript that runs without the repository. */
import { builtinModules } from "node:module";
import { basename, dirname, join } from "node:path";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";

/** What every supported Node runs as it stands; `using` is newer and becomes `try … finally`. */
const TARGET = "node22";

export interface Bundle {
  /** Name in the folder of the package's code → text. */
  readonly files: ReadonlyMap<string, string>;
  /** Names of packages that the code imports, sorted. */
  readonly dependencies: readonly string[];
  /** What the entry exports, sorted. */
  readonly exports: readonly string[];
}

/** Bundles `entry` with everything of this repository that it imports. Paths count from `root`. */
export async function bundle(options: {
  readonly root: string;
  readonly entry: string;
  /** Whether what it loads by `createRequire` is known. */
  readonly isToldWhatItLoads: boolean;
}): Promise<Bundle> {
  const { root, entry, isToldWhatItLoads } = options;
  const file = join(root, entry);
  await using build = await rolldown({
    cwd: root,
    input: file,
    platform: "node",
    external: isForeign,
    plugins: [threadEntries()],
    transform: { target: TARGET },
    logLevel: "warn",
    onLog(_level, log) {
      throw new Error(`${entry}: ${log.message}`);
    },
  });
  const { output } = await build.generate({
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  });
  const chunks = output.map((part) => {
    if (part.type === "asset") throw new Error(`${entry}: ${part.fileName} is no JavaScript`);
    return part;
  });
  return {
    files: new Map(chunks.map(({ fileName, code }) => [fileName, code])),
    dependencies: packagesOf(chunks, isToldWhatItLoads),
    // A file that a thread starts from is an entry, too.
    exports: chunks.find(({ facadeModuleId }) => facadeModuleId === file)?.exports.toSorted() ?? [],
  };
}

/** Whether an import stays one: packages of others and modules of the runtime. */
function isForeign(id: string): boolean {
  return !/^(?:[./#\0]|@runnel\/|@oxc-project\/runtime)/.test(id);
}

/**
 * Files that a thread starts from are named by `new URL("./x.ts", import.meta.url)`: each becomes an
 * output of its own beside the rest, and the URL follows it.
 */
function threadEntries(): Plugin {
  const pattern = /new URL\("(\.\/[^"]+)\.ts", import\.meta\.url\)/g;
  return {
    name: "thread-entries",
    transform(code, id) {
      if (!code.includes("import.meta.url")) return null;
      const changed = code.replaceAll(pattern, (_whole, path: string) => {
        const fileName = `${basename(path)}.js`;
        this.emitFile({ type: "chunk", id: join(dirname(id), `${path}.ts`), fileName });
        return `new URL("./${fileName}", import.meta.url)`;
      });
      return changed === code ? null : { code: changed, map: null };
    },
  };
}

function packagesOf(chunks: readonly OutputChunk[], isToldWhatItLoads: boolean): string[] {
  const own = new Set(chunks.map(({ fileName }) => fileName));
  const names = new Set<string>();
  for (const { imports, dynamicImports, code } of chunks) {
    for (const id of [
      ...imports,
      ...dynamicImports,
      ...(isToldWhatItLoads ? [] : requiredBy(code)),
    ]) {
      if (own.has(id) || id.startsWith("node:") || builtinModules.includes(id)) continue;
      const [scope, name] = id.split("/");
      names.add(scope?.startsWith("@") === true ? `${scope}/${name}` : (scope as string));
    }
  }
  return [...names].sort();
}

/** What code loads by `createRequire`, of which the bundler knows nothing. Throws for other forms. */
function requiredBy(code: string): string[] {
  const found = [...code.matchAll(/createRequire\(import\.meta\.url\)\("([^"]+)"\)/g)];
  // Asking where an optional package is does not load it.
  const asked = [...code.matchAll(/createRequire\(import\.meta\.url\)\.resolve\(/g)];
  if (found.length + asked.length !== [...code.matchAll(/\bcreateRequire\(/g)].length) {
    throw new Error('createRequire: write it as createRequire(import.meta.url)("package")');
  }
  return found.map(([, name]) => name as string);
}
