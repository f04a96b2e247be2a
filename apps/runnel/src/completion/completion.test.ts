import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { ChoiceOption } from "../cli/choice-option.ts";
import { collect } from "../cli/values.ts";
import { createProgram } from "../program.ts";
import { completionScript, type Shell } from "./print.ts";
import { flatten, treeOf } from "./tree.ts";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

/** Every command with its path, hidden ones too, straight from commander. */
function walk(command: Command, path = ""): readonly (readonly [string, Command])[] {
  const below = command.commands.flatMap((child) => walk(child, `${path}/${child.name()}`));
  return [[path, command], ...below];
}

describe("treeOf", () => {
  it("has all that commander has, but what is hidden", () => {
    const program = createProgram();
    const nodes = new Map(flatten(treeOf(program)).map((node) => [node.path, node]));
    const commands = walk(program).filter(([path]) => path !== "/demo");
    for (const [path, command] of commands) {
      const found = nodes.get(path)?.flags ?? [];
      const expected = [...command.options.map(({ long }) => long), "--help"];
      expect([path, ...found.map(({ long }) => long)]).toEqual([path, ...expected]);
    }
    expect(nodes.has("/demo")).toBe(false);
    expect(nodes.has("/help/demo")).toBe(false);
  });

  it("knows what values flags take", () => {
    const nodes = flatten(treeOf(createProgram()));
    const valueOf = (path: string, long: string): unknown => {
      const node = nodes.find((each) => each.path === path);
      return node?.flags.find((flag) => flag.long === long)?.value;
    };
    expect(valueOf("/produce", "--acks")).toMatchObject({ words: ["0", "1", "all"] });
    expect(valueOf("/up", "--console")).toMatchObject({ kind: "words", words: ["off"] });
    expect(valueOf("/up", "--data-dir")).toMatchObject({ kind: "folders" });
    expect(valueOf("/broker", "--config")).toMatchObject({ kind: "files" });
    expect(valueOf("/topic/create", "--config")).toMatchObject({ kind: "any" });
    expect(valueOf("/topic/create", "--dry-run")).toBeNull();
  });
});

/** How a script says that a command, a flag, or fixed words of a flag stand at a path. */
const SAYS: Readonly<Record<Shell, (path: string) => RegExp>> = {
  bash: (path) => new RegExp(`^ +'${path}'\\) commands='(.*)' flags='(.*)' ;;$`, "m"),
  zsh: (path) => new RegExp(`^ {4}\\('${path}'\\)\\n((?: {6}.+\\n)*?) {6};;$`, "m"),
  fish: (path) =>
    new RegExp(`(?:^complete -c runnel -n '__runnel_at \\\\'${path}\\\\'' .+\\n)+`, "m"),
};

describe.each(SHELLS)("the script for %s", (shell) => {
  const program = createProgram();
  const script = completionScript(shell, program);

  it("has every command and flag where it belongs", () => {
    const missing = flatten(treeOf(program)).flatMap(({ path, commands, flags }) => {
      const part = SAYS[shell](path).exec(script)?.[0] ?? "";
      const names = flags.map(({ long }) =>
        shell === "fish" ? `-l ${long?.slice(2)}` : (long ?? ""),
      );
      const words = [...commands.map(({ name }) => name), ...names];
      return words
        .filter((word) => !new RegExp(`[ '()*]${word}[ ':=[]`).test(part))
        .map((word) => `${path} ${word}`);
    });
    expect(missing).toEqual([]);
  });

  it("has the fixed words of flags", () => {
    for (const { value } of flatten(treeOf(program)).flatMap(({ flags }) => flags)) {
      expect(script).toContain(value?.words.join(" ") ?? "");
    }
    expect(script).toContain("none gzip snappy lz4 zstd");
  });

  it("does not depend on whose home it is printed in", () => {
    expect(script).not.toContain("share/runnel");
  });
});

describe("quoting", () => {
  const program = new Command("tool").description("A tool.").addCommand(
    new Command("do")
      .description("Do what's \\ to be: done [all].")
      .option("-s, --set <a:b>", "it's [so] \\ here: $HOME", collect)
      .addOption(new ChoiceOption({ flag: "--way", choices: ["up", "down"], description: "" })),
  );

  it("keeps the special characters of each shell harmless", () => {
    expect(completionScript("bash", program)).toContain("'/do -s' | '/do --set') words= ;;");
    const zsh = completionScript("zsh", program);
    expect(zsh).toContain("'do:Do what'\\''s \\ to be: done [all]'");
    expect(zsh).toContain("'*--set=[it'\\''s [so\\] \\\\ here: $HOME]:a\\:b: '");
    expect(zsh).toContain("'(--way)--way=[]:up|down:(up down)'");
    const fish = completionScript("fish", program);
    expect(fish).toContain("-s s -l set -x -d 'it\\'s [so] \\\\ here: $HOME'");
    expect(fish).toContain("-l way -x -a 'up down' -d ''");
  });

  it("prints for the whole program, from whichever command it is asked", () => {
    const [command] = program.commands;
    expect(completionScript("zsh", command ?? program)).toBe(completionScript("zsh", program));
  });
});
