/** The worker's side of `json-client.ts`: holds one tree, answers in the order of the questions. */

import { diffJson } from "./json-diff.ts";
import type { JsonAnswer, JsonQuestion } from "./json-protocol.ts";
import { JsonTree, whyNoTree } from "./json-tree.ts";

let tree: JsonTree | null = null;

function answer(question: JsonQuestion): JsonAnswer {
  const { id } = question;
  if (question.kind === "open") {
    try {
      tree = new JsonTree(question.text);
      const { rowCount, repeatedNames } = tree;
      return { id, kind: "opened", rowCount, repeatedNames };
    } catch (error) {
      tree = null;
      return { id, kind: "failed", message: whyNoTree(error) };
    }
  }
  if (question.kind === "diff") {
    const { before, after, ignored } = question;
    return { id, kind: "diff", differences: diffJson(before, after, ignored) };
  }
  if (tree === null) return { id, kind: "failed", message: "no text is open" };
  switch (question.kind) {
    case "rows":
      return { id, kind: "rows", rows: tree.rows(question.start, question.end) };
    case "text":
      return { id, kind: "text", text: tree.textOf(question.index) };
    case "toggle":
      tree.toggle(question.index);
      break;
    case "unfoldAll":
      tree.unfoldAll();
      break;
    case "foldAll":
      tree.foldAll();
      break;
  }
  return { id, kind: "count", rowCount: tree.rowCount };
}

addEventListener("message", ({ data }: MessageEvent<JsonQuestion>) => postMessage(answer(data)));
