/** `runnel completion`: the script for a shell. */
import type { Command } from "commander";
import { Output } from "../cli/output.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { type CommandNode, treeOf } from "./tree.ts";
import { zshScript } from "./zsh.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Record<
  string,
  (program: CommandNode) => string
>;

export type Shell = keyof typeof SCRIPTS;

/** The script that completes the program which `command` belongs to. */
export function completionScript(shell: Shell, command: Command): string {
  let program = command;
  while (program.parent !== null) program = program.parent;
  return SCRIPTS[shell](treeOf(program));
}

export async function printCompletion(shell: Shell, command: Command): Promise<void> {
  await new Output().write(completionScript(shell, command));
}
