/** Bugs in the coordinator of consumer groups. */
import type { Bug } from "./bug.ts";

export const GROUP_BUGS: readonly Bug[] = [
  {
    name: "no offset while the coordinator loads",
    file: "coordinator/runtime/shard.ts",
    text: `    if (this.#state !== "active") {
      call?.fail(REFUSALS[this.#state]);
      return;
    }
`,
    instead: `    if (this.#state !== "active" && this.#state !== "loading") {
      call?.fail(REFUSALS[this.#state]);
      return;
    }
    if (this.#state === "loading" && call !== null) {
      const step = this.#machine.step(event, this.#moment());
      for (const reply of step.replies) {
        if (step.records.length === 0 && reply.ticket === call.ticket) {
          call.answer(reply);
          return;
        }
      }
      call.fail(REFUSALS.loading);
      return;
    }
`,
  },
  {
    name: "offsets acknowledged before they are appended",
    file: "coordinator/runtime/shard.ts",
    text: "    const outcomes: BatchOutcome[] = [];\n",
    instead: `    const outcomes: BatchOutcome[] = [];
    for (const { replies } of batch.parts) for (const reply of replies) this.#deliver(reply);
`,
  },
  {
    name: "records of the coordinator not awaited",
    file: "replica/internal-topic.ts",
    text: "      partition.awaitHighWatermark(endOffset, Number.POSITIVE_INFINITY, (how) => {",
    instead: "      partition.awaitHighWatermark(0, Number.POSITIVE_INFINITY, (how) => {",
  },
  {
    name: "commits of an old generation accepted",
    file: "coordinator/group/offsets.ts",
    text: "  const errorCode = checkGeneration(group, event);\n",
    instead: "  const errorCode = ErrorCode.NONE as ErrorCode;\n",
  },
  {
    name: "a load that ends before the end of the log",
    file: "replica/internal-topic.ts",
    text: "      yield chunk;\n",
    instead: "      yield chunk.slice(0, Math.max(1, chunk.length - 1));\n",
  },
  {
    name: "everybody gets the whole assignment",
    file: "coordinator/group/sync.ts",
    text: "assignment: assignments.get(member.memberId) ?? NO_BYTES,",
    instead:
      "assignment: [...assignments.values()].toSorted((a, b) => b.length - a.length)[0] ?? NO_BYTES,",
  },
  {
    name: "a partition given before it is given up",
    file: "coordinator/consumer-group/reconcile.ts",
    text: "const free = missing.filter((partition) => isFree(topicId, partition));",
    instead: "const free = missing;",
  },
];
