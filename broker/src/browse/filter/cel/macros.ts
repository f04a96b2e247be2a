/** `has()` and the loops over lists and maps: all, exists, exists_one, filter, map. */
import type { ASTNode } from "@marcbachmann/cel-js";
import { memberOf } from "./members.ts";
import {
  type CallNode,
  CelCompileError,
  type Evaluate,
  type Frame,
  notBool,
  type Scope,
} from "./scope.ts";
import { type CelValue, Failure, isList, isMap, type Result, typeOf } from "./values.ts";

/** The closure of a macro; null where the call is none. */
export function compileMacro(node: CallNode, scope: Scope): Evaluate | null {
  if (node.op === "call") {
    const [name, args] = node.args;
    return name === "has" && args.length === 1 ? compileHas(node, args[0] as ASTNode, scope) : null;
  }
  const [name, range, args] = node.args;
  const isLoop = Object.hasOwn(LOOPS, name) && LOOPS[name]?.counts.includes(args.length);
  if (!isLoop) return null;
  const [variable, ...bodies] = args as [ASTNode, ...ASTNode[]];
  if (variable.op !== "id") throw new CelCompileError("the variable of a loop is a name", variable);
  const inner: Scope = { ...scope, locals: [...scope.locals, variable.args] };
  const loop = LOOPS[name] as Loop;
  return compileLoop(loop, {
    range: scope.compile(range, scope),
    place: scope.locals.length,
    bodies: bodies.map((body) => scope.compile(body, inner)),
  });
}

/** Whether the last member of a chain is there; what comes before it must be. */
function compileHas(node: ASTNode, member: ASTNode, scope: Scope): Evaluate {
  if (member.op !== ".") throw new CelCompileError("has() looks at a member: has(value.a)", node);
  const [objectNode, name] = member.args;
  const object = scope.compile(objectNode, scope);
  const found = memberOf(member, scope.locals);
  return (frame) => {
    if (found !== null && frame.hasMember(found)) return true;
    const value = object(frame);
    if (value instanceof Failure) return value;
    return isMap(value) ? value.has(name) : new Failure(`${typeOf(value)} has no members`);
  };
}

interface Loop {
  /** Numbers of arguments, the variable included. */
  readonly counts: readonly number[];
  /** Looks at one element; a result ends the loop, undefined goes on. */
  step(state: LoopState, bodies: readonly Evaluate[], frame: Frame): Result | undefined;
  end(state: LoopState): Result;
}

interface LoopState {
  /** The element at hand. */
  item: CelValue;
  /** The first failure that a later element may make up for. */
  failure: Failure | null;
  count: number;
  readonly made: CelValue[];
}

/** What the only body, or the first, says of the element: a bool or a failure. */
function judge(bodies: readonly Evaluate[], frame: Frame): boolean | Failure {
  const result = (bodies[0] as Evaluate)(frame);
  if (typeof result === "boolean" || result instanceof Failure) return result;
  return notBool(result);
}

/** One element that decides makes up for the failure of others. */
function quantifier(decisive: boolean): Loop {
  return {
    counts: [2],
    step: (state, bodies, frame) => {
      const result = judge(bodies, frame);
      if (result === decisive) return decisive;
      if (!(result instanceof Failure)) return undefined;
      if (result.isFinal) return result;
      state.failure ??= result;
      return undefined;
    },
    end: ({ failure }) => failure ?? !decisive,
  };
}

const LOOPS: Readonly<Record<string, Loop>> = {
  all: quantifier(false),
  exists: quantifier(true),
  exists_one: {
    counts: [2],
    step: (state, bodies, frame) => {
      const result = judge(bodies, frame);
      if (result === true) state.count += 1;
      return result instanceof Failure ? result : undefined;
    },
    end: ({ count }) => count === 1,
  },
  filter: {
    counts: [2],
    step: (state, bodies, frame) => {
      const result = judge(bodies, frame);
      if (result === true) state.made.push(state.item);
      return result instanceof Failure ? result : undefined;
    },
    end: ({ made }) => made,
  },
  map: {
    counts: [2, 3],
    step: ({ made }, bodies, frame) => {
      const isWanted = bodies.length === 1 || judge(bodies, frame);
      if (isWanted instanceof Failure) return isWanted;
      if (!isWanted) return undefined;
      const value = (bodies.at(-1) as Evaluate)(frame);
      if (value instanceof Failure) return value;
      made.push(value);
      return undefined;
    },
    end: ({ made }) => made,
  },
};

function compileLoop(
  loop: Loop,
  {
    range,
    place,
    bodies,
  }: { readonly range: Evaluate; readonly place: number; readonly bodies: readonly Evaluate[] },
): Evaluate {
  return (frame) => {
    const over = range(frame);
    if (over instanceof Failure) return over;
    if (!isList(over) && !isMap(over)) return new Failure(`a loop over ${typeOf(over)}`);
    const state: LoopState = { item: null, failure: null, count: 0, made: [] };
    for (const item of isList(over) ? over : over.keys()) {
      if (!frame.budget.spend(1)) return frame.budget.exhausted as Failure;
      frame.locals[place] = item;
      state.item = item;
      const result = loop.step(state, bodies, frame);
      if (result !== undefined) return result;
    }
    return loop.end(state);
  };
}
