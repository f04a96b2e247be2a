/** Completion in bash, from 3.2 on (what macOS has): no associative arrays, no `mapfile`. */
import { type CommandNode, type FlagValue, flatten, namesOf } from "./tree.ts";

/** A script that defines the function `_NAME`, and completes NAME by it. */
export function bashScript(program: CommandNode): string {
  const nodes = flatten(program);
  const { name } = program;
  return `# Completion of ${name} in bash, printed by: ${name} completion bash
_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  local at= assigned= commands= flags= words= paths= i
  # By default bash cuts --flag=value into three words.
  if [[ $word == = ]]; then
    assigned=1 word=
  elif [[ $before == = ]]; then
    assigned=1 before=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i += 1)); do
    case $at/\${COMP_WORDS[i]} in
      ${patterns(nodes.slice(1).map(({ path }) => path))}) at+=/\${COMP_WORDS[i]} ;;
      *) break ;;
    esac
  done
  case "$at $before" in
${nodes.flatMap(valueCases).join("\n")}
    *)
      [[ $assigned ]] && return
      case $at in
${nodes.flatMap(commandCase).join("\n")}
      esac
      words=$flags
      [[ $commands && $word != -* ]] && words=$commands
      ;;
  esac
  COMPREPLY=()
  # Before bash 4 there is no compopt, and a folder gets a space instead of a slash.
  [[ $paths ]] && compopt -o filenames 2>/dev/null
  while IFS= read -r i; do
    COMPREPLY+=("$i")
  done < <(if [[ $paths ]]; then compgen "$paths" -- "$word"; else compgen -W "$words" -- "$word"; fi)
}
complete -F _${name} ${name}
`;
}

/** What may stand behind the flags of a command, for all that take a value. */
function valueCases({ path, flags }: CommandNode): string[] {
  return flags.flatMap((flag) => {
    if (flag.value === null) return [];
    const spellings = namesOf(flag).map((name) => `${path} ${name}`);
    return [`    ${patterns(spellings)}) ${valueAction(flag.value)} ;;`];
  });
}

function valueAction({ kind, words }: FlagValue): string {
  const actions = {
    words: `words=${quote(words.join(" "))}`,
    files: "paths=-f",
    folders: "paths=-d",
    any: "words=",
  } as const;
  return actions[kind];
}

/** None for what only `help` takes, behind which nothing stands. */
function commandCase({ path, commands, flags }: CommandNode): string[] {
  if (commands.length === 0 && flags.length === 0) return [];
  const names = quote(commands.map(({ name }) => name).join(" "));
  const spellings = quote(flags.flatMap(namesOf).join(" "));
  return [`        ${quote(path)}) commands=${names} flags=${spellings} ;;`];
}

function patterns(texts: readonly string[]): string {
  return texts.map(quote).join(" | ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
