import { describe, expect, it } from "vitest";
import type { Command } from "./commands.ts";
import { KeySequence, nameOf } from "./keyboard.ts";

const command = (keys: string, isLocal = false): Command => ({
  id: keys,
  title: keys,
  group: "Go to",
  keys,
  run: () => {},
  isLocal,
});
const LIST = [command("g t"), command("g g"), command("/"), command("Shift+R"), command("j", true)];
const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

describe("nameOf()", () => {
  it.each([
    [{ ...plain, key: "t" }, "t"],
    [{ ...plain, key: "R", shiftKey: true }, "Shift+R"],
    [{ ...plain, key: "?", shiftKey: true }, "?"],
    [{ ...plain, key: "k", metaKey: true }, "Mod+k"],
    [{ ...plain, key: "K", ctrlKey: true }, "Mod+k"],
    [{ ...plain, key: "ArrowLeft" }, "ArrowLeft"],
  ])("%j is %s", (press, name) => expect(nameOf(press)).toBe(name));
});

describe("KeySequence", () => {
  it("runs a single key at once", () => {
    expect(new KeySequence().press("/", LIST, 0)?.id).toBe("/");
  });

  it("takes two keys in time as one command", () => {
    const keys = new KeySequence();
    expect(keys.press("g", LIST, 0)).toBeNull();
    expect(keys.press("t", LIST, 500)?.id).toBe("g t");
  });

  it("forgets the first key after a while, and after a wrong second one", () => {
    const keys = new KeySequence();
    keys.press("g", LIST, 0);
    expect(keys.press("t", LIST, 5_000)).toBeNull();
    keys.press("g", LIST, 6_000);
    expect(keys.press("x", LIST, 6_100)).toBeNull();
    expect(keys.press("t", LIST, 6_200)).toBeNull();
  });

  it("takes the same key twice where that is a command", () => {
    const keys = new KeySequence();
    keys.press("g", LIST, 0);
    expect(keys.press("g", LIST, 100)?.id).toBe("g g");
  });

  it("leaves keys of the focused element alone", () => {
    expect(new KeySequence().press("j", LIST, 0)).toBeNull();
  });
});
