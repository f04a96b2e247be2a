// @vitest-environment happy-dom
import { expect, it, vi } from "vitest";
import { copyText } from "../lib/clipboard.ts";
import { describe as describeError } from "./states.tsx";

it("copyText() says what to do where the browser copies nothing, and gives the focus back", async () => {
  Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
  document.execCommand = vi.fn(() => {
    throw new Error("not allowed");
  });
  const button = document.body.appendChild(document.createElement("button"));
  button.focus();
  const error: unknown = await copyText("a").catch((reason: unknown) => reason);
  expect(describeError(error)).toMatchObject({
    detail: expect.stringMatching(/copy it by hand\.$/),
    remedy: null,
  });
  expect(document.activeElement).toBe(button);
});
