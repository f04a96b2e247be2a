/** Completion in zsh: `_arguments` gets the flags of the command that the line is at. */
import { type CommandNode, type FlagNode, type FlagValue, flatten, namesOf } from "./tree.ts";

/** A script for a folder of `fpath`, as `_NAME`; `eval` takes it as well. */
export function zshScript(program: CommandNode): string {
  const nodes = flatten(program);
  const { name } = program;
  const paths = nodes.slice(1).map(({ path }) => quote(path));
  return `#compdef ${name}
# Completion of ${name} in zsh, printed by: ${name} completion zsh
_${name}() {
  local at=
  local -a subcommands flags
  while (( CURRENT > 2 )); do
    case "$at/$words[2]" in
      (${paths.join("|")}) at+="/$words[2]" ;;
      (*) break ;;
    esac
    shift words
    (( CURRENT -= 1 ))
  done
  case "$at" in
${nodes.map(commandCase).join("\n")}
  esac
  (( $#subcommands )) && flags+=('1:command:{_describe -t commands command subcommands}')
  _arguments -s -S : $flags '*: :'
}
if [[ "$funcstack[1]" == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function commandCase({ path, commands, flags }: CommandNode): string {
  const lines = [
    ...commands.map(({ name, summary }) => `subcommands+=(${quote(`${name}:${summary}`)})`),
    ...flags.flatMap(specsOf).map((spec) => `flags+=(${quote(spec)})`),
    ";;",
  ];
  return [`    (${quote(path)})`, ...lines.map((line) => `      ${line}`)].join("\n");
}

/** `(OTHERS)NAME[SUMMARY]:PLACEHOLDER:ACTION`, once for each spelling. */
function specsOf(flag: FlagNode): string[] {
  const names = namesOf(flag);
  const before = flag.isRepeatable ? "*" : `(${names.join(" ")})`;
  const summary = flag.summary.replaceAll(/[\\\]]/g, "\\$&");
  const { value } = flag;
  return names.map((name) => {
    if (value === null) return `${before}${name}[${summary}]`;
    const placeholder = value.placeholder.replaceAll(/[\\:]/g, "\\$&");
    const join = name.startsWith("--") ? "=" : "+";
    return `${before}${name}${join}[${summary}]:${placeholder}:${actionOf(value)}`;
  });
}

function actionOf({ kind, words }: FlagValue): string {
  const actions = {
    words: `(${words.join(" ")})`,
    files: "_files",
    folders: "_files -/",
    any: " ",
  } as const;
  return actions[kind];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
