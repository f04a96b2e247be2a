/** `runnel completion`: one command per shell. What they print is made in `completion/`. */
import { Command } from "commander";
import type { Shell } from "../completion/print.ts";

export function completionCommand(): Command {
  return new Command("completion")
    .description("Print a script that completes commands and flags in a shell.")
    .addCommand(shellCommand("bash", IN_BASH))
    .addCommand(shellCommand("zsh", IN_ZSH))
    .addCommand(shellCommand("fish", IN_FISH))
    .addHelpText("after", "\nHow to install it: runnel completion bash --help");
}

function shellCommand(shell: Shell, install: string): Command {
  return new Command(shell)
    .description(`Print the script for ${shell}.`)
    .action(async (_flags: object, command: Command) => {
      await (await import("../completion/print.ts")).printCompletion(shell, command);
    })
    .addHelpText("after", install);
}

const IN_BASH = `
To install it where the package bash-completion is there:
  $ mkdir -p ~/.local/share/bash-completion/completions
  $ runnel completion bash > ~/.local/share/bash-completion/completions/runnel

Without it, put this line into ~/.bashrc:
  eval "$(runnel completion bash)"

It counts from the next shell on. Print it again after an update of runnel.`;

const IN_ZSH = `
To install it:
  $ mkdir -p ~/.zfunc
  $ runnel completion zsh > ~/.zfunc/_runnel

and have these lines in ~/.zshrc:
  fpath+=(~/.zfunc)
  autoload -Uz compinit && compinit

It counts from the next shell on. Print it again after an update of runnel.`;

const IN_FISH = `
To install it:
  $ mkdir -p ~/.config/fish/completions
  $ runnel completion fish > ~/.config/fish/completions/runnel.fish

It counts at once. Print it again after an update of runnel.`;
