/** Which kinds of problems there are; without schemas, for whoever only has to tell them apart. */

/** The kinds of problems there are, as the last part of `type`, each with its status and title. */
export const PROBLEMS = {
  "invalid-request": { status: 400, title: "The request is not valid" },
  "invalid-config": { status: 400, title: "A setting cannot have this value" },
  forbidden: { status: 403, title: "Not allowed" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  conflict: { status: 409, title: "The change conflicts with what is there" },
  "precondition-failed": { status: 412, title: "Somebody else was faster" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "not-json": { status: 415, title: "The body must be JSON" },
  "misdirected-request": { status: 421, title: "The request was sent to another host" },
  "idempotency-key-reused": { status: 422, title: "The idempotency key was used otherwise" },
  "too-many-headers": { status: 431, title: "Too many header fields" },
  internal: { status: 500, title: "The broker met a bug" },
  unavailable: { status: 503, title: "The broker cannot do this at the moment" },
  /** Made by the client, for an address where nobody answers or no problem document comes back. */
  unreachable: { status: 502, title: "The broker cannot be reached" },
} as const;
export type ProblemKind = keyof typeof PROBLEMS;

/** Stands before the kind in a problem's `type`. */
export const TYPE_PREFIX = "urn:runnel:problem:";

export const problemType = (kind: ProblemKind): string => `${TYPE_PREFIX}${kind}`;

/** The kind of `problem`; null for one that this version does not know. */
export function problemKind(problem: { readonly type: string }): ProblemKind | null {
  const kind = problem.type.startsWith(TYPE_PREFIX) ? problem.type.slice(TYPE_PREFIX.length) : "";
  return Object.hasOwn(PROBLEMS, kind) ? (kind as ProblemKind) : null;
}
