/** Refusals as problem details (RFC 9457), with what to do about them. */
import { z } from "zod";
import { TYPE_PREFIX } from "./problem-kinds.ts";

/** What is wrong with one field of what was sent. */
export const FieldError = z
  .object({
    in: z.enum(["body", "query", "path", "header"]),
    field: z.string().meta({ description: "Dotted path, as `records.0.key`; empty: the whole." }),
    message: z.string(),
  })
  .meta({ id: "FieldError" });
export type FieldError = z.infer<typeof FieldError>;

/** A refusal; `detail` says what happened, with values, and `remedy` what to do. */
export const Problem = z
  .object({
    type: z.string().meta({ description: `${TYPE_PREFIX} and the kind of problem.` }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    remedy: z.string(),
    errors: z.array(FieldError).optional(),
    kafkaError: z.string().optional().meta({
      description: "The name of the error that a Kafka client would get, where there is one.",
    }),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;
