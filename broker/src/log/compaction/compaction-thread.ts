/** The thread of compaction: one pass after the other, as it is told. */
import { unreachable } from "@runnel/kit/assert.ts";
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { ThreadHost } from "#io/ports.ts";
import { isPassing } from "../failures.ts";
import { DISK_LOW, runPass } from "./compaction-pass.ts";
import type { CompactionTask, FromCompactor, ToCompactor } from "./messages.ts";
import { Pace } from "./pace.ts";

/** The code of a failure that is no `IoError`: a bug. */
const UNEXPECTED = "RUNNEL_COMPACTION_FAILED";

export function startThread(host: ThreadHost): (message: unknown) => void {
  let pace: Pace | null = null;
  let isPressed = false;
  let onSwapped: (() => void) | null = null;
  const post = (message: FromCompactor): void => host.post(message);
  const run = async (task: CompactionTask): Promise<void> => {
    const { disk, clock, scheduler } = host;
    pace = new Pace(clock, scheduler, task.bytesPerSecondMax);
    pace.isPressed = isPressed;
    try {
      const summary = await runPass(
        {
          disk,
          clock,
          pace,
          onProgress: (progress) => post({ kind: "progress", progress }),
          onSegment: (segment) =>
            new Promise((resolve) => {
              onSwapped = resolve;
              post({ kind: "segment", segment });
            }),
        },
        task,
      );
      post({ kind: "done", summary });
    } catch (error) {
      const code = error instanceof IoError ? error.code : UNEXPECTED;
      post({
        kind: "failed",
        code,
        message: messageOf(error),
        mayPass: code === DISK_LOW || isPassing(error),
      });
    }
  };
  return (received) => {
    const message = received as ToCompactor;
    switch (message.kind) {
      case "start":
        void run(message.task);
        return;
      case "swapped":
        onSwapped?.();
        onSwapped = null;
        return;
      case "press":
        isPressed = message.isPressed;
        if (pace !== null) pace.isPressed = isPressed;
        return;
      default:
        unreachable(message);
    }
  };
}
