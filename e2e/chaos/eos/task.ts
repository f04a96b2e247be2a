/** What a processor is told, as JSON in its first argument, and what it says, a line for each step. */

/** `bank` moves money from a topic into two others; `mix` sends to several partitions and often aborts. */
export type Mode = "bank" | "mix";

export interface Task {
  readonly bootstrap: string;
  readonly mode: Mode;
  /** Of this process: no other ever has it. */
  readonly name: string;
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  readonly groupId: string;
  readonly input: string;
  readonly debits: string;
  readonly credits: string;
  /** Partitions of `input`, `debits` and `credits`. */
  readonly partitions: number;
  readonly mixed: string;
  readonly mixedPartitions: number;
}

/**
 * A line of a processor: `ready`, `begin N`, `committed N`, `aborted N`, `fenced WHY`, `failed WHY`. After the last two it
 * ends, as it does after its standard input has ended.
 */
export type Line =
  | { readonly kind: "ready" }
  | { readonly kind: "begin" | "committed" | "aborted"; readonly number: number }
  | { readonly kind: "fenced" | "failed"; readonly why: string };

/** Null for what a runtime prints besides. */
export function parseLine(text: string): Line | null {
  const [word = "", ...rest] = text.split(" ");
  switch (word) {
    case "ready":
      return { kind: word };
    case "begin":
    case "committed":
    case "aborted":
      return { kind: word, number: Number(rest[0]) };
    case "fenced":
    case "failed":
      return { kind: word, why: rest.join(" ") };
    default:
      return null;
  }
}
