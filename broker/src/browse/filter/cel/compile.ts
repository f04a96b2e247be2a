/**
 * Makes closures of an expression's syntax tree. Nothing of the expression is ever code: names are
 * looked up in tables and maps, functions come from `functions.ts`.
 *
 * A closure yields a value or a `Failure`. As the specification has it, `||` and `&&` are decided by
 * either side, even where the other failed.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import type { Budget } from "./budget.ts";
import { FUNCTIONS, METHODS } from "./functions.ts";
import { compileMacro } from "./macros.ts";
import { memberOf } from "./members.ts";
import { arithmetic, negate } from "./operators.ts";
import type { Pattern } from "./patterns.ts";
import { type CallNode, CelCompileError, type Evaluate, notBool, type Scope } from "./scope.ts";
import {
  type CelKey,
  type CelValue,
  compare,
  Failure,
  INT_MAX,
  INT_MIN,
  isEqual,
  isList,
  isMap,
  type Result,
  typeOf,
} from "./values.ts";

/** The closure of a node and all below it. Throws `CelCompileError` for what is not served. */
export function compileNode(node: ASTNode, scope: Scope): Evaluate {
  const member = memberOf(node, scope.locals);
  if (member !== null) return (frame) => frame.member(member);
  switch (node.op) {
    case "value":
      return compileLiteral(node, node.args);
    case "id": {
      const name = node.args;
      const place = scope.locals.lastIndexOf(name);
      if (place < 0) return (frame) => frame.variable(name);
      return ({ locals }) => locals[place] as CelValue;
    }
    case ".":
      return compileMember(compileNode(node.args[0], scope), node.args[1]);
    case "[]":
      return compileSubscript(compileNode(node.args[0], scope), compileNode(node.args[1], scope));
    case "list":
      return compileList(node.args.map((item) => compileNode(item, scope)));
    case "map":
      return compileMap(
        node.args.map(([key, value]) => [compileNode(key, scope), compileNode(value, scope)]),
      );
    case "call":
    case "rcall":
      return compileMacro(node, scope) ?? compileCall(node, scope);
    case "?:":
      return compileChoice(node.args.map((part) => compileNode(part, scope)));
    case "||":
    case "&&":
      return compileLogic(
        node.op === "||",
        node.args.map((part) => compileNode(part, scope)),
      );
    case "!_": {
      const operand = compileNode(node.args, scope);
      return (frame) => {
        const value = operand(frame);
        if (value instanceof Failure) return value;
        return typeof value === "boolean" ? !value : notBool(value);
      };
    }
    case "-_": {
      const operand = compileNode(node.args, scope);
      return (frame) => {
        const value = operand(frame);
        return value instanceof Failure ? value : negate(value);
      };
    }
    case ".?":
    case "[?]":
      throw new CelCompileError("optional members are not served", node);
    default:
      return compileBinary(
        node.op,
        node.args.map((part) => compileNode(part, scope)),
      );
  }
}

function compileLiteral(node: ASTNode, literal: unknown): Evaluate {
  const isValue =
    literal === null ||
    ["boolean", "string", "bigint", "number"].includes(typeof literal) ||
    literal instanceof Uint8Array;
  if (!isValue) throw new CelCompileError("there are no unsigned integers: leave out the u", node);
  if (typeof literal === "bigint" && (literal < INT_MIN || literal > INT_MAX)) {
    throw new CelCompileError("the number does not fit into 64 bits: write it as a double", node);
  }
  const value = literal as CelValue;
  return () => value;
}

/** `.name`: a member of a map. */
function compileMember(object: Evaluate, name: string): Evaluate {
  const missing = new Failure(`there is no ${JSON.stringify(name)}`);
  return (frame) => {
    const value = object(frame);
    if (value instanceof Failure) return value;
    if (!isMap(value)) return new Failure(`${typeOf(value)} has no ${JSON.stringify(name)}`);
    return value.get(name) ?? (value.has(name) ? null : missing);
  };
}

/** `[key]`: a member of a map, an element of a list. */
function compileSubscript(object: Evaluate, subscript: Evaluate): Evaluate {
  return (frame) => {
    const value = object(frame);
    if (value instanceof Failure) return value;
    const key = subscript(frame);
    if (key instanceof Failure) return key;
    if (isMap(value) && isKey(key)) {
      return value.get(key) ?? (value.has(key) ? null : new Failure("there is no such key"));
    }
    if (isList(value) && typeof key === "bigint") {
      const element = value[Number(key)];
      return element === undefined ? new Failure("there is no such element") : element;
    }
    return new Failure(`${typeOf(value)} cannot be looked into with ${typeOf(key)}`);
  };
}

function isKey(value: CelValue): value is CelKey {
  return typeof value === "string" || typeof value === "bigint" || typeof value === "boolean";
}

function compileList(items: readonly Evaluate[]): Evaluate {
  return (frame) => {
    if (!frame.budget.spend(items.length)) return frame.budget.exhausted as Failure;
    const list: CelValue[] = [];
    for (const item of items) {
      const value = item(frame);
      if (value instanceof Failure) return value;
      list.push(value);
    }
    return list;
  };
}

function compileMap(entries: readonly (readonly [Evaluate, Evaluate])[]): Evaluate {
  return (frame) => {
    if (!frame.budget.spend(entries.length)) return frame.budget.exhausted as Failure;
    const map = new Map<CelKey, CelValue>();
    for (const [makeKey, makeValue] of entries) {
      const key = makeKey(frame);
      if (key instanceof Failure) return key;
      if (!isKey(key)) return new Failure(`a key cannot be ${typeOf(key)}`);
      if (map.has(key)) return new Failure("a key stands twice");
      const value = makeValue(frame);
      if (value instanceof Failure) return value;
      map.set(key, value);
    }
    return map;
  };
}

function compileChoice(parts: readonly Evaluate[]): Evaluate {
  const [condition, yes, no] = parts as [Evaluate, Evaluate, Evaluate];
  return (frame) => {
    const value = condition(frame);
    if (value instanceof Failure) return value;
    if (typeof value !== "boolean") return notBool(value);
    return value ? yes(frame) : no(frame);
  };
}

/** `||` where `decisive` is true, `&&` where it is false: the value of one side that decides. */
function compileLogic(decisive: boolean, parts: readonly Evaluate[]): Evaluate {
  const [left, right] = parts as [Evaluate, Evaluate];
  return (frame) => {
    const first = left(frame);
    if (first === decisive) return decisive;
    if (first instanceof Failure && first.isFinal) return first;
    const second = right(frame);
    if (second === decisive) return decisive;
    if (second instanceof Failure && second.isFinal) return second;
    if (typeof first !== "boolean") return first instanceof Failure ? first : notBool(first);
    if (typeof second !== "boolean") return second instanceof Failure ? second : notBool(second);
    return !decisive;
  };
}

function compileBinary(operator: string, parts: readonly Evaluate[]): Evaluate {
  const [left, right] = parts as [Evaluate, Evaluate];
  const apply = binary(operator);
  return (frame) => {
    const a = left(frame);
    if (a instanceof Failure) return a;
    const b = right(frame);
    if (b instanceof Failure) return b;
    const result = apply(a, b, frame.budget);
    return frame.budget.exhausted ?? result;
  };
}

type Binary = (a: CelValue, b: CelValue, budget: Budget) => Result;

function binary(operator: string): Binary {
  switch (operator) {
    case "==":
      return isEqual;
    case "!=":
      return (a, b, budget) => !isEqual(a, b, budget);
    case "<":
      return ordered(operator, (difference) => difference < 0);
    case "<=":
      return ordered(operator, (difference) => difference <= 0);
    case ">":
      return ordered(operator, (difference) => difference > 0);
    case ">=":
      return ordered(operator, (difference) => difference >= 0);
    case "in":
      return (a, b, budget) => {
        if (isMap(b)) return isKey(a) && b.has(a);
        if (!isList(b)) return new Failure(`in ${typeOf(b)}`);
        return b.some((item) => budget.spend(1) && isEqual(a, item, budget));
      };
    default:
      return arithmetic(operator);
  }
}

function ordered(operator: string, isTrue: (difference: number) => boolean): Binary {
  return (a, b, budget) => {
    if (typeof a === "string" && !budget.spend(a.length / 64)) return false;
    const difference = compare(a, b);
    if (difference !== null) return isTrue(difference);
    return new Failure(`${typeOf(a)} ${operator} ${typeOf(b)}`);
  };
}

function compileCall(node: CallNode, scope: Scope): Evaluate {
  const isMethod = node.op === "rcall";
  const name = node.args[0];
  const nodes = node.op === "rcall" ? [node.args[1], ...node.args[2]] : node.args[1];
  if (isMethod && name === "matches" && nodes.length === 2) return compileMatches(nodes, scope);
  const table = isMethod ? METHODS : FUNCTIONS;
  const call = Object.hasOwn(table, name) ? table[name] : undefined;
  if (call === undefined || !call.counts.includes(nodes.length)) {
    throw new CelCompileError(`there is no ${name}() of ${nodes.length} values`, node);
  }
  const args = nodes.map((arg) => compileNode(arg, scope));
  return (frame) => {
    if (!frame.budget.spend(1)) return frame.budget.exhausted as Failure;
    const values: CelValue[] = [];
    for (const arg of args) {
      const value = arg(frame);
      if (value instanceof Failure) return value;
      values.push(value);
    }
    const result = call.run(values, frame.budget);
    return result === undefined
      ? new Failure(`there is no ${name}() of ${values.map(typeOf).join(", ")}`)
      : result;
  };
}

/** A pattern that stands in the expression is checked and made ready once. */
function compileMatches(nodes: readonly ASTNode[], scope: Scope): Evaluate {
  const { patterns } = scope;
  const [textNode, patternNode] = nodes as [ASTNode, ASTNode];
  let known: Pattern | null = null;
  if (patternNode.op === "value" && typeof patternNode.args === "string") {
    const made = patterns.add(patternNode.args);
    if (made instanceof Failure) throw new CelCompileError(made.message, patternNode);
    known = made;
  }
  const [text, pattern] = [compileNode(textNode, scope), compileNode(patternNode, scope)];
  return (frame) => {
    const subject = text(frame);
    if (subject instanceof Failure) return subject;
    const wanted = pattern(frame);
    if (wanted instanceof Failure) return wanted;
    if (typeof subject === "string" && typeof wanted === "string") {
      return known === null
        ? patterns.test(subject, wanted, frame.budget)
        : known.test(subject, frame.budget);
    }
    return new Failure(`there is no matches() of ${typeOf(subject)}, ${typeOf(wanted)}`);
  };
}
