/** Completion in fish: one `complete` per command and flag, each with the place where it counts. */
import { type CommandNode, type FlagNode, type FlagValue, flatten } from "./tree.ts";

/** A script for `completions/NAME.fish`. */
export function fishScript(program: CommandNode): string {
  const nodes = flatten(program);
  const { name } = program;
  const paths = nodes.slice(1).map(({ path }) => quote(path));
  return `# Completion of ${name} in fish, printed by: ${name} completion fish
function __${name}_at --description 'Whether the line is at this command'
    set -l words (commandline -opc)
    set -l at ''
    for word in $words[2..-1]
        switch "$at/$word"
            case ${paths.join(" ")}
                set at "$at/$word"
            case '*'
                break
        end
    end
    test "$at" = "$argv[1]"
end
complete -c ${name} -f
${nodes.flatMap((node) => linesOf(name, node)).join("\n")}
`;
}

function linesOf(program: string, { path, commands, flags }: CommandNode): string[] {
  const start = `complete -c ${program} -n ${quote(`__${program}_at '${path}'`)}`;
  return [
    ...commands.map(({ name, summary }) => `${start} -a ${quote(name)} -d ${quote(summary)}`),
    ...flags.map((flag) => `${start}${spellingsOf(flag)}${valueOf(flag.value)} ${textOf(flag)}`),
  ];
}

function spellingsOf({ short, long }: FlagNode): string {
  const shortText = short === null ? "" : ` -s ${short.slice(1)}`;
  return long === null ? shortText : `${shortText} -l ${long.slice(2)}`;
}

function textOf({ summary }: FlagNode): string {
  return `-d ${quote(summary)}`;
}

function valueOf(value: FlagValue | null): string {
  if (value === null) return "";
  const actions = {
    words: ` -x -a ${quote(value.words.join(" "))}`,
    files: " -r -F",
    folders: ` -x -a ${quote("(__fish_complete_directories)")}`,
    any: " -x",
  } as const;
  return actions[value.kind];
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
