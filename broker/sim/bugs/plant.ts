/**
 * Plants a bug in the broker that this thread is going to load: a hook of the module loader changes the
 * text of one file. Production code has no switch for it and does not know.
 */
import { registerHooks } from "node:module";
import { assert } from "@runnel/kit/assert.ts";
import { BUGS } from "./bugs.ts";

/** From here on a module that is loaded has the bug; what was loaded before has not. */
export function plantBug(name: string): void {
  const bug = BUGS.find((one) => one.name === name);
  assert(bug !== undefined, `no bug is called "${name}"`);
  const target = new URL(`../../src/${bug.file}`, import.meta.url).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const { source } = loaded;
      const text =
        typeof source === "string" ? source : new TextDecoder().decode(source as Uint8Array);
      assert(text.includes(bug.text), `"${name}" does not apply any more: its text is gone`);
      return { ...loaded, source: text.replace(bug.text, () => bug.instead) };
    },
  });
}
