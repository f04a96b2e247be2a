/**
 * The scripts and styles of a build, compressed as far as it goes and kept in memory: they are small,
 * never change, and are what a first visit waits for. Names are looked up, so no name leads anywhere else.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const PREFIX = "/_next/static/";
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};
const EXTENSION = /\.[a-z]+$/;
const SUFFIX = ".br";
const BYTES_MAX = 64 * 1_048_576;

interface StaticFile {
  readonly type: string;
  readonly content: Buffer;
}

export type StaticFiles = ReadonlyMap<string, StaticFile>;

/** Scripts and styles below `folder`, by their compressed twins, as `compress` has made them. */
export function readCompressed(folder: string): StaticFiles {
  const files = new Map<string, StaticFile>();
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(SUFFIX)) continue;
    const path = name.slice(0, -SUFFIX.length);
    const type = TYPES[EXTENSION.exec(path)?.[0] ?? ""];
    if (type === undefined) continue;
    const content = readFileSync(join(folder, name));
    bytes += content.length;
    if (bytes > BYTES_MAX) break;
    files.set(`${PREFIX}${path.replaceAll("\\", "/")}`, { type, content });
  }
  return files;
}

/** Texts of `folder` that are worth it, by path: their compressed form. */
export function compress(folder: string): ReadonlyMap<string, Buffer> {
  const twins = new Map<string, Buffer>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (TYPES[EXTENSION.exec(name)?.[0] ?? ""] === undefined) continue;
    const path = join(folder, name);
    const text = readFileSync(path);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    };
    twins.set(`${path}${SUFFIX}`, brotliCompressSync(text, { params }));
  }
  return twins;
}

/** Answers with the file if it is there and the browser can read it so; else says false. */
export function sendStatic(
  files: StaticFiles,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const file = files.get(request.url ?? "");
  const accepted = String(request.headers["accept-encoding"] ?? "");
  if (file === undefined || !/(^|[\s,])br([\s,;]|$)/.test(accepted)) return false;
  response.writeHead(200, {
    "content-type": file.type,
    "content-encoding": "br",
    "content-length": file.content.length,
    "cache-control": "public, max-age=31536000, immutable",
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    // For scripts that run as workers, which go by the policy that they came with.
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'",
  });
  response.end(request.method === "HEAD" ? undefined : file.content);
  return true;
}
