/**
 * Members of a key or value that an expression names outright, as `value.customer.zip`: they are found in
 * the bytes, and only what is found is made into a value. Most expressions need no more of a record.
 */
import type { Buffer } from "node:buffer";
import type { ASTNode } from "@marcbachmann/cel-js";
import { ARRAY_INDEX_MAX, PATH_STEPS_MAX, type PathStep } from "@runnel/contracts/filter-model.ts";
import { JsonPath } from "../json-path.ts";
import { valueOfJson } from "./from-bytes.ts";
import { Failure, type Result } from "./values.ts";

/** What may be JSON. */
export type MemberRoot = "key" | "value";

export class Member {
  readonly root: MemberRoot;
  readonly #path: JsonPath;
  readonly #missing: Failure;
  #start = 0;
  #end = 0;

  constructor(root: MemberRoot, path: readonly PathStep[]) {
    this.root = root;
    this.#missing = new Failure(`there is no ${root}${path.map(printStep).join("")}`);
    this.#path = new JsonPath(path, (_bytes, start, end) => {
      this.#start = start;
      this.#end = end;
      return true;
    });
  }

  /** The member in the bytes from `start` to `end`; a failure where there is none. */
  read(bytes: Buffer, batch: number, start: number, end: number): Result {
    if (!this.isIn(bytes, batch, start, end)) return this.#missing;
    return valueOfJson(bytes, this.#start, this.#end);
  }

  /** Whether there is such a member. `batch` as in `Needle.find`. */
  isIn(bytes: Buffer, batch: number, start: number, end: number): boolean {
    return this.#path.matches(bytes, batch, start, end);
  }
}

/** The member that a chain of `.name`, `["name"]` and `[0]` leads to; null for any other node. */
export function memberOf(node: ASTNode, locals: readonly string[]): Member | null {
  const path: PathStep[] = [];
  let at = node;
  while (path.length < PATH_STEPS_MAX) {
    const step = stepOf(at);
    if (step === null) break;
    path.unshift(step.step);
    at = step.object;
  }
  if (at.op !== "id" || path.length === 0 || locals.includes(at.args)) return null;
  return at.args === "key" || at.args === "value" ? new Member(at.args, path) : null;
}

function stepOf(node: ASTNode): { readonly object: ASTNode; readonly step: PathStep } | null {
  if (node.op === ".") return { object: node.args[0], step: node.args[1] };
  if (node.op !== "[]" || node.args[1].op !== "value") return null;
  const subscript = node.args[1].args;
  if (typeof subscript === "string") return { object: node.args[0], step: subscript };
  const isIndex = typeof subscript === "bigint" && subscript >= 0n && subscript <= ARRAY_INDEX_MAX;
  return isIndex ? { object: node.args[0], step: Number(subscript) } : null;
}

function printStep(step: PathStep): string {
  if (typeof step === "number") return `[${step}]`;
  return /^\w+$/.test(step ?? "") ? `.${step}` : `[${JSON.stringify(step)}]`;
}
