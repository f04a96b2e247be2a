/** A user's folder with our packages installed in it, as `npm run pack` makes them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type RunResult, run } from "../harness/child.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The pages of the console are built if nobody has done so yet. */
const PACK_WITHIN_MS = 300_000;
const INSTALL_WITHIN_MS = 120_000;

/** This Node comes first, whatever the system's is. */
const PATH = [dirname(process.execPath), process.env["PATH"]].join(delimiter);

export interface Tarballs extends AsyncDisposable {
  readonly paths: readonly string[];
  /** The tarball of a package. */
  of(name: string): string;
}

/** Makes the tarballs in a folder that is removed with them. */
export async function packTarballs(): Promise<Tarballs> {
  const out = await mkdtemp(join(tmpdir(), "runnel-pack-"));
  const { stdout } = await run({
    name: "npm run pack",
    command: [process.execPath, join(ROOT, "tools/pack.ts"), "--out", out],
    cwd: out,
    withinMs: PACK_WITHIN_MS,
  });
  const names = [...stdout.matchAll(/^(\S+\.tgz) /gm)].map(([, name]) => name as string);
  return {
    paths: names.map((name) => join(out, name)),
    of(name) {
      const file = name.replace("@", "").replace("/", "-");
      const found = names.find((one) => one.replace(/-\d.*$/, "") === file);
      if (found === undefined) throw new Error(`no tarball of ${name} among ${names.join()}`);
      return join(out, found);
    },
    async [Symbol.asyncDispose]() {
      await rm(out, { recursive: true, force: true });
    },
  };
}

/** A folder outside of the repository, which is removed with it. */
export class Installation implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Installs tarballs, and other packages in the versions that the repository pins. */
  static async make(tarballs: readonly string[], others: readonly string[]): Promise<Installation> {
    const made = new Installation(await mkdtemp(join(tmpdir(), "runnel-packages-")));
    try {
      const pinned = await pinnedVersions();
      const packages = others.map((name) => `${name}@${pinned[name] ?? "latest"}`);
      await made.write("package.json", JSON.stringify({ private: true, type: "module" }));
      await made.run(
        "npm",
        ["install", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs, ...packages],
        {
          withinMs: INSTALL_WITHIN_MS,
        },
      );
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), text);
  }

  /** Runs a program to its end in the folder; a failure is an error that shows what it printed. */
  run(
    program: string,
    args: readonly string[],
    options: { readonly withinMs?: number; readonly mayFail?: boolean } = {},
  ): Promise<RunResult> {
    return run({
      name: program,
      command: [program, ...args],
      cwd: this.folder,
      env: { PATH, NO_COLOR: "1" },
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function pinnedVersions(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(ROOT, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly devDependencies: Record<string, string> }).devDependencies;
}

/** The examples of a page that begin with a file name: name → text. */
export async function examplesOf(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(ROOT, page), "utf8");
  const examples = new Map<string, string>();
  for (const [, name = "", code = ""] of text.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)) {
    examples.set(name, code);
  }
  return examples;
}
