/** What the parts of the compiler share. */
import type { ASTNode } from "@marcbachmann/cel-js";
import type { Budget } from "./budget.ts";
import type { Member } from "./members.ts";
import type { Patterns } from "./patterns.ts";
import { type CelValue, Failure, type Result, typeOf } from "./values.ts";

/** What an evaluation works with. */
export interface Frame {
  readonly budget: Budget;
  /** Values of the variables of loops, by the place that the compiler gave them. */
  readonly locals: CelValue[];
  /** The value of a variable of the record. */
  variable(name: string): Result;
  /** The value of a member of its key or value. */
  member(member: Member): Result;
  /** Whether there is such a member. */
  hasMember(member: Member): boolean;
}

export type Evaluate = (frame: Frame) => Result;

/** The names that are in reach, by their places, and how to go on. */
export interface Scope {
  readonly patterns: Patterns;
  readonly locals: readonly string[];
  compile(node: ASTNode, scope: Scope): Evaluate;
}

export type CallNode = Extract<ASTNode, { op: "call" | "rcall" }>;

/** What cannot be run, and where it stands. */
export class CelCompileError extends Error {
  override name = "CelCompileError";
  readonly start: number;
  readonly end: number;

  constructor(message: string, { start, end }: { readonly start: number; readonly end: number }) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

export function notBool(value: CelValue): Failure {
  return new Failure(`${typeOf(value)} in place of bool`);
}
