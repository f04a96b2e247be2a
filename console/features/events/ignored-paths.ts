/** Places that a comparison leaves out, as somebody wrote them. */
import { parseFilter } from "@runnel/contracts/filter-parser.ts";
import type { IgnoredPath } from "../../lib/json-diff.ts";

const PATHS_MAX = 50;

export interface IgnoredPaths {
  readonly paths: readonly IgnoredPath[];
  /** The first that is none; null where all are. */
  readonly wrong: string | null;
}

/** `updatedAt, items[*].etag`: as the filter writes fields, with or without `value.` in front. */
export function parseIgnored(text: string): IgnoredPaths {
  const paths: IgnoredPath[] = [];
  let wrong: string | null = null;
  for (const part of text.split(/[,\n]/)) {
    const name = part.trim();
    if (name === "") continue;
    const path = paths.length < PATHS_MAX ? pathOf(name) : null;
    if (path === null) wrong ??= name;
    else paths.push(path);
  }
  return { paths, wrong };
}

function pathOf(name: string): IgnoredPath | null {
  const field = /^value[.[]/.test(name) ? name : `value${name.startsWith("[") ? "" : "."}${name}`;
  const parsed = parseFilter(`${field}=*`);
  const condition = parsed.kind === "filter" ? parsed.chips[0]?.condition : undefined;
  if (condition?.kind !== "exists" || condition.field.kind !== "value") return null;
  return condition.field.path.length === 0 ? null : condition.field.path;
}
