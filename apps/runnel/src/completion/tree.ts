/** The commands and flags that completion offers, read from commander: none is listed by hand. */
import type { Command, Option } from "commander";
import { ChoiceOption } from "../cli/choice-option.ts";
import { collect } from "../cli/values.ts";

export interface CommandNode {
  readonly name: string;
  /** Names from below the program down to here, each behind a `/`; empty for the program. */
  readonly path: string;
  readonly summary: string;
  readonly flags: readonly FlagNode[];
  readonly commands: readonly CommandNode[];
}

export interface FlagNode {
  /** With its dash. */
  readonly short: string | null;
  /** With its dashes. */
  readonly long: string | null;
  readonly summary: string;
  readonly isRepeatable: boolean;
  /** Null for a flag without one. */
  readonly value: FlagValue | null;
}

export interface FlagValue {
  /** `any` is what no shell could know. */
  readonly kind: "words" | "files" | "folders" | "any";
  readonly placeholder: string;
  /** Empty for every other kind. */
  readonly words: readonly string[];
}

/** The placeholders of values that are paths. */
const PATHS: Readonly<Record<string, "files" | "folders">> = {
  file: "files",
  path: "files",
  dir: "folders",
};

/** What the help of `program` lists, all the way down. Hidden commands and flags are left out. */
export function treeOf(program: Command): CommandNode {
  return nodeOf(program, "");
}

/** `node` and everything below it, parents first. */
export function flatten(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(flatten)];
}

/** Every spelling of the flag. */
export function namesOf({ short, long }: FlagNode): readonly string[] {
  return [short, long].filter((name) => name !== null);
}

function nodeOf(command: Command, path: string): CommandNode {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const children = commands.map((child) => {
    const childPath = `${path}/${child.name()}`;
    if (command.commands.includes(child)) return nodeOf(child, childPath);
    // Commander's own `help` takes one of its neighbours.
    const topics = command.commands.filter((each) => commands.includes(each));
    return {
      ...nodeOf(child, childPath),
      commands: topics.map((each) => topicOf(each, childPath)),
    };
  });
  return {
    name: command.name(),
    path,
    summary: summaryOf(command.description()),
    flags: help.visibleOptions(command).map(flagOf),
    commands: children,
  };
}

/** A word that `help` takes. */
function topicOf(command: Command, path: string): CommandNode {
  return {
    name: command.name(),
    path: `${path}/${command.name()}`,
    summary: summaryOf(command.description()),
    flags: [],
    commands: [],
  };
}

function flagOf(option: Option): FlagNode {
  return {
    short: option.short ?? null,
    long: option.long ?? null,
    summary: summaryOf(option.description),
    isRepeatable: option.parseArg === collect,
    value: option.isBoolean() ? null : valueOf(option),
  };
}

function valueOf(option: Option): FlagValue {
  const placeholder = /[<[](.+)[>\]]$/.exec(option.flags)?.[1] ?? option.name();
  const words = option instanceof ChoiceOption ? option.words : [];
  const kind = words.length > 0 ? "words" : (PATHS[placeholder] ?? "any");
  return { kind, placeholder, words };
}

/** Without the default, which may name a folder of whoever prints the script. */
function summaryOf(description: string): string {
  return description.replace(/ \(default: .*\)$/, "").replace(/\.$/, "");
}
