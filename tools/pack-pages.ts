/** The built pages of the console, as they lie in its package. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { ensureBuild } from "../console/server/build.ts";

/** Where the sources lay, for whoever reads a path in a built file. */
const ROOT_NAME = "/runnel";
const TEXT = /\.(?:js|json|html|rsc|css|txt|meta|body)$/;
/**
 * Next makes keys for each build, for draft mode and the arguments of Server Actions. The console has
 * neither, so nothing depends on them, and the same sources give the same package.
 */
const RANDOM_KEYS = /(\\?"(?:previewMode\w+|encryptionKey)\\?": ?\\?")([0-9A-Za-z+/=]+)/g;

/** Name in the folder of the pages → content. Builds them if that has not been done. */
export async function pages(root: string): Promise<ReadonlyMap<string, Buffer>> {
  const folder = await ensureBuild({
    onProgress: (line) => console.error(`console: ${line}`),
    signal: new AbortController().signal,
  });
  const built = join(folder, ".next");
  const files = readdirSync(built, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !relative(built, path).startsWith(join("server", "route-cache")))
    .toSorted();
  return new Map(
    files.map((path) => {
      const name = relative(folder, path).replaceAll(sep, "/");
      const content = readFileSync(path);
      return [name, TEXT.test(name) ? Buffer.from(timeless(root, content.toString())) : content];
    }),
  );
}

function timeless(root: string, text: string): string {
  return text
    .replaceAll(root, ROOT_NAME)
    .replace(RANDOM_KEYS, (_whole, before: string, key: string) => before + "0".repeat(key.length));
}
