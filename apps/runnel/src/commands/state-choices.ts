/** States that lists can be narrowed to, as Kafka names them. */
import type { Option } from "commander";
import { ChoiceOption } from "../cli/choice-option.ts";
import { collect } from "../cli/values.ts";

export const GROUP_STATES = [
  "Stable",
  "Empty",
  "PreparingRebalance",
  "CompletingRebalance",
  "Assigning",
  "Reconciling",
  "Dead",
] as const;

export const TRANSACTION_STATES = [
  "Ongoing",
  "Empty",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
  "PrepareEpochFence",
  "Dead",
] as const;

/** `--state`, which may be given several times. */
export function stateOption(whose: string, states: readonly string[]): Option {
  const description = `only ${whose} in this state: ${states.join(", ")} (repeatable)`;
  const option = new ChoiceOption({
    flag: "--state",
    choices: states,
    placeholder: "state",
    description,
  });
  return option.argParser(collect);
}
