import { TopicName } from "@runnel/contracts/common.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { topicNameProblem } from "./topic-name.ts";

test("the admin API takes the names that a topic can have, and no others", () => {
  const likely = fc.stringMatching(/^[a-zA-Z0-9._-]{0,252}$/);
  const name = fc.oneof(likely, fc.string(), fc.constantFrom("", ".", "..", "...", "a/b", "ä"));
  fc.assert(
    fc.property(name, (text) => {
      expect(TopicName.safeParse(text).success).toBe(topicNameProblem(text) === null);
    }),
  );
});
