/** The types of a library for those who install it: its own, without a word about our packages. */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isolatedDeclarationSync } from "rolldown/experimental";

/** Types that older settings of a user's compiler lack, where a declaration names them. */
const DISPOSABLE = '/// <reference lib="esnext.disposable" />\n';
const SPECIFIER = /(from|import\()\s*"([^"]+)"/g;

/** Name beside the code → text, for `entry` and what its types lead to. Paths count from `root`. */
export function declarations(root: string, entry: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const name = basename(path).replace(/\.ts$/, ".d.ts");
    if (files.has(name)) continue;
    const { code, errors } = isolatedDeclarationSync(path, readFileSync(join(root, path), "utf8"));
    if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
    const from = dirname(path);
    const text = code.replaceAll(SPECIFIER, (_whole, word: string, specifier: string) => {
      const target = fileOf(from, specifier);
      pending.push(target);
      return `${word} "./${basename(target).replace(/\.ts$/, ".js")}"`;
    });
    files.set(name, text.includes("Symbol.asyncDispose") ? DISPOSABLE + text : text);
  }
  return files;
}

function fileOf(folder: string, specifier: string): string {
  if (specifier.startsWith("./")) return join(folder, specifier);
  const kit = /^@runnel\/kit\/(.+)$/.exec(specifier)?.[1];
  if (kit !== undefined) return `shared/kit/src/${kit}`;
  throw new Error(`${folder}: a public type comes from ${specifier}, which is not published`);
}
