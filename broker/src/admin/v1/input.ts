/**
 * What a request carries, read strictly: path, query and body against the schemas of its route. Whatever
 * is not foreseen is refused, with every field that is wrong named at once.
 */

import type { FieldError } from "@runnel/contracts/problem.ts";
import type { Route } from "@runnel/contracts/routes.ts";
import { messageOf } from "@runnel/kit/errors.ts";
import type { z } from "zod";
import { Refusal } from "../problem.ts";
import { parseStrictJson } from "./strict-json.ts";

export const BODY_BYTES_MAX = 1024 * 1024;
/** Wrong fields that are named; more do not help. */
const ERRORS_MAX = 50;

export interface Input {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** Throws a `Refusal` that says all that is wrong. */
export async function readInput(route: Route, request: Request): Promise<Input> {
  const url = new URL(request.url);
  const errors: FieldError[] = [];
  const params = check(route.params, "path", readParams(route, url.pathname), errors);
  const query = readQuery(route, url.searchParams, errors);
  refuseIf(errors);
  const body = await readBody(route, request, errors);
  refuseIf(errors);
  return { params, query, body };
}

function refuseIf(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  throw new Refusal("invalid-request", {
    detail: `${first.field === "" ? first.in : first.field}: ${first.message}${more}`,
    remedy: "Correct the fields named in `errors`; /openapi.json says what each may be.",
    errors: errors.slice(0, ERRORS_MAX),
  });
}

function check(
  schema: z.ZodType | undefined,
  where: FieldError["in"],
  value: unknown,
  errors: FieldError[],
): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    // Unknown keys come as one issue; each is an error of its own.
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [null];
    for (const key of keys) {
      const path = [...issue.path, ...(key === null ? [] : [key])].map(String);
      const message = key === null ? sentenceOf(issue) : "is not known here";
      errors.push({ in: where, field: path.join("."), message });
    }
  }
  return undefined;
}

/** zod says of what is missing that it is of the type undefined. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  const isMissing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
  return isMissing ? `is missing: ${issue.expected} is expected` : issue.message;
}

/** The segments of `pathname` at the names of the route's path, decoded. */
function readParams(route: Route, pathname: string): Record<string, unknown> {
  const segments = pathname.split("/");
  const params: Record<string, unknown> = {};
  for (const [at, part] of route.path.split("/").entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) continue;
    try {
      const text = decodeURIComponent(segments[at] ?? "");
      params[name] = fromText(route.params?.shape[name], text);
    } catch {
      throw new Refusal("invalid-request", {
        detail: `${name}: no valid percent-encoded UTF-8`,
        remedy: "Encode the name with percent signs, as UTF-8.",
        errors: [{ in: "path", field: name, message: "is no valid percent-encoded UTF-8" }],
      });
    }
  }
  return params;
}

function readQuery(route: Route, search: URLSearchParams, errors: FieldError[]): unknown {
  const given: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, text] of search) {
    const schema = route.query?.shape[key];
    const value = fromText(schema, text);
    const known = given[key];
    if (isList(schema)) {
      if (Array.isArray(known)) known.push(value);
      else given[key] = [value];
      continue;
    }
    if (key in given) errors.push({ in: "query", field: key, message: "comes twice" });
    given[key] = value;
  }
  if (route.query !== undefined) return check(route.query, "query", given, errors);
  for (const key of Object.keys(given)) {
    errors.push({ in: "query", field: key, message: "is not known here" });
  }
  return undefined;
}

/** Whether a parameter comes once for each entry of a list. */
function isList(schema: z.core.$ZodType | undefined): boolean {
  const { def } = (schema ?? {}) as { readonly def?: z.core.$ZodTypeDef };
  if (def?.type === "optional") return isList((def as z.core.$ZodOptionalDef).innerType);
  return def?.type === "array";
}

/** A text as the number or boolean that its schema wants; as it is where it is none. */
function fromText(schema: z.core.$ZodType | undefined, text: string): unknown {
  const { def } = (schema ?? {}) as { readonly def?: z.core.$ZodTypeDef };
  if (def?.type === "optional") {
    return fromText((def as z.core.$ZodOptionalDef).innerType, text);
  }
  if (def?.type === "number" && /^-?\d{1,16}$/.test(text)) return Number(text);
  if (def?.type === "boolean" && /^(?:true|false)$/.test(text)) return text === "true";
  return text;
}

async function readBody(route: Route, request: Request, errors: FieldError[]): Promise<unknown> {
  const length = request.headers.get("content-length") ?? "0";
  const hasBody = length !== "0" || request.headers.has("transfer-encoding");
  if (route.body === undefined) {
    if (hasBody) errors.push({ in: "body", field: "", message: "this request takes none" });
    return undefined;
  }
  checkType(request);
  const text = await readText(request, length);
  const json = parseStrictJson(text);
  if ("problem" in json) {
    errors.push({ in: "body", field: "", message: json.problem.slice(0, 200) });
    return undefined;
  }
  return check(route.body, "body", json.value, errors);
}

function checkType({ headers }: Request): void {
  const type = headers.get("content-type") ?? "";
  const isJson = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type);
  if (isJson && !headers.has("content-encoding")) return;
  throw new Refusal("not-json", {
    detail: type === "" ? "the body has no content-type" : `the body is ${type.slice(0, 100)}`,
    remedy: "Send JSON as UTF-8, not compressed, with `content-type: application/json`.",
  });
}

/** The body as text. Never holds more than `BODY_BYTES_MAX` of it. */
async function readText(request: Request, announced: string): Promise<string> {
  if (Number(announced) > BODY_BYTES_MAX) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    const message = `is no UTF-8: ${messageOf(error)}`;
    throw new Refusal("invalid-request", {
      detail: `the body ${message}`,
      remedy: "Send JSON as UTF-8; bytes that are no text go in as base64.",
      errors: [{ in: "body", field: "", message }],
    });
  }
}

function tooLarge(): Refusal {
  return new Refusal("body-too-large", {
    detail: `the body is larger than ${BODY_BYTES_MAX} bytes`,
    remedy: "Send several smaller requests.",
  });
}
