/** Finds the error codes of a response, wherever its schema has them. */
import type { Field, Schema } from "@runnel/protocol/schema.ts";

/** Calls `visit` with every error code of `response` that is not 0. */
export type ErrorVisitor = (response: object, visit: (errorCode: number) => void) => void;

const ERROR_CODE = "errorCode";

/** Looks into the schema once, so that a response is only walked where codes can be. */
export function errorVisitor(schema: Schema): ErrorVisitor {
  return visitorOf(schema) ?? (() => {});
}

function visitorOf(schema: Schema): ErrorVisitor | null {
  const hasCode = schema[ERROR_CODE]?.kind === "int16";
  const lists = Object.entries(schema).flatMap(([name, field]) => {
    const visitor = elementVisitor(field);
    return visitor === null ? [] : [{ name, visitor }];
  });
  if (!hasCode && lists.length === 0) return null;
  return (response, visit) => {
    const fields = response as Readonly<Record<string, unknown>>;
    const code = hasCode ? fields[ERROR_CODE] : 0;
    if (typeof code === "number" && code !== 0) visit(code);
    for (const { name, visitor } of lists) {
      const elements = fields[name] as readonly object[] | null | undefined;
      for (const element of elements ?? []) visitor(element, visit);
    }
  };
}

function elementVisitor({ kind, element }: Field): ErrorVisitor | null {
  const fields = kind === "array" ? element?.fields : undefined;
  return fields === undefined ? null : visitorOf(fields);
}
