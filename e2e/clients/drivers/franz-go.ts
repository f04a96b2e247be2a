/** franz-go, built once by the Go toolchain into its build cache and run from a folder of the user's cache. */
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "../../harness/child.ts";
import type { ClientKind } from "../calls.ts";
import { startRemoteClient } from "../remote-client.ts";

const BUILT_WITHIN_MS = 280_000;
let program: Promise<string> | null = null;

export const franzGoKind: ClientKind = {
  name: "franz-go",
  codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
  lacks: { "consumer protocol": "franz-go has it behind a switch that is not for use yet" },
  async start(bootstrap) {
    program ??= buildGo("franz-go-driver", ".");
    return startRemoteClient("franz-go", [await program, bootstrap]);
  },
};

/** A program of the module in `../go`. */
export async function buildGo(name: string, folderInModule: string): Promise<string> {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "runnel");
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  await run({
    name: "go build",
    command: ["go", "build", "-o", file, folderInModule],
    cwd: join(import.meta.dirname, "../go"),
    env: { GOFLAGS: "-mod=mod" },
    withinMs: BUILT_WITHIN_MS,
  });
  return file;
}
