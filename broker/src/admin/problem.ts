/** Refusals as problem details (RFC 9457): what happened, and what to do about it. */
import type { FieldError, Problem } from "@runnel/contracts/problem.ts";
import { PROBLEMS, type ProblemKind, problemType } from "@runnel/contracts/problem-kinds.ts";

export interface ProblemText {
  /** What happened, with values. */
  readonly detail: string;
  /** What to do about it, as a sentence. */
  readonly remedy: string;
  readonly errors?: readonly FieldError[];
  /** The name of the error that a Kafka client would get. */
  readonly kafkaError?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it may have been done all the same: then it must not be done again unseen. */
  readonly isUncertain?: boolean;
}

/** The answer that refuses a request. */
export function problem(kind: ProblemKind, text: ProblemText): Response {
  const { status, title } = PROBLEMS[kind];
  const { detail, remedy, errors = [], kafkaError, headers } = text;
  const body: Problem = {
    type: problemType(kind),
    title,
    status,
    detail,
    remedy,
    ...(errors.length === 0 ? {} : { errors: [...errors] }),
    ...(kafkaError === undefined ? {} : { kafkaError }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

/** Thrown where a request is refused; becomes the problem that it holds. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly kind: ProblemKind;
  readonly text: ProblemText;

  constructor(kind: ProblemKind, text: ProblemText) {
    super(text.detail);
    this.kind = kind;
    this.text = text;
  }

  respond(): Response {
    return problem(this.kind, this.text);
  }
}
