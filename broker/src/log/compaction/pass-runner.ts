/** A pass of compaction as its broker sees it: a thread that is told what to do, watched and ended. */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Scheduler, Timer } from "@runnel/kit/world.ts";
import type { Thread, ThreadCode, Threads } from "#io/ports.ts";
import { APPENDS_LOOK_EVERY, LATE_MS, PRESSURE_LOOK_MS, SILENT_MS_MAX } from "./limits.ts";
import type {
  CompactionTask,
  FromCompactor,
  NewSegment,
  PassSummary,
  Progress,
  ToCompactor,
} from "./messages.ts";

export interface RunnerWorld {
  readonly threads: Threads;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Whether an append waits for the disk for longer than it should. */
  doAppendsWait(): boolean;
}

export interface PassHandlers {
  onProgress(progress: Progress): void;
  /** Puts the new segment in its place. False where it has none any more: the pass is over. */
  onSegment(segment: NewSegment): Promise<boolean>;
}

/** Why a pass did not come to its end. */
export class PassFailure extends Error {
  override name = "PassFailure";
  readonly code: string;
  readonly mayPass: boolean;

  constructor(code: string, message: string, mayPass: boolean) {
    super(message);
    this.code = code;
    this.mayPass = mayPass;
  }
}

/** The code of a pass that nobody wants any more: its log has changed, or the broker stops. */
export const ABANDONED = "RUNNEL_COMPACTION_ABANDONED";
const THREAD_LOST = "RUNNEL_COMPACTION_THREAD_LOST";

const CODE: ThreadCode = {
  name: "runnel-compaction",
  url: new URL("./compaction-thread.ts", import.meta.url),
  load: () => import("./compaction-thread.ts"),
};

interface Running {
  readonly handlers: PassHandlers;
  readonly settled: PromiseWithResolvers<PassSummary>;
  /** When the thread said something last, monotonic ms. */
  heardAt: number;
}

export class PassRunner {
  readonly #world: RunnerWorld;
  #thread: Thread | null = null;
  #running: Running | null = null;
  #isPressed = false;
  #areAppendsWaiting = false;
  #looks = 0;
  #watch: Timer | null = null;

  constructor(world: RunnerWorld) {
    this.#world = world;
  }

  /** Runs one pass; one at a time. Rejects with `PassFailure`. */
  async run(task: CompactionTask, handlers: PassHandlers): Promise<PassSummary> {
    const settled = Promise.withResolvers<PassSummary>();
    this.#running = { handlers, settled, heardAt: this.#world.clock.monotonicMs() };
    this.#thread ??= this.#world.threads.start(CODE, {
      onMessage: (message) => this.#hear(message as FromCompactor),
      onEnd: (reason) => this.#lose(`its thread ${reason}`),
    });
    this.#post({ kind: "start", task });
    this.#look();
    try {
      return await settled.promise;
    } finally {
      this.#watch?.cancel();
      this.#running = null;
    }
  }

  /** Ends the thread, and the pass under way with it. */
  async end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    this.#isPressed = false;
    this.#fail(new PassFailure(ABANDONED, "compaction was stopped", true));
    await thread?.end();
  }

  #post(message: ToCompactor): void {
    this.#thread?.post(message);
  }

  #hear(message: FromCompactor): void {
    const running = this.#running;
    if (running === null) return;
    running.heardAt = this.#world.clock.monotonicMs();
    if (message.kind === "progress") running.handlers.onProgress(message.progress);
    else if (message.kind === "segment") void this.#place(running, message.segment);
    else if (message.kind === "done") running.settled.resolve(message.summary);
    else this.#fail(new PassFailure(message.code, message.message, message.mayPass));
  }

  async #place(running: Running, segment: NewSegment): Promise<void> {
    // It is not the thread that keeps silent now.
    running.heardAt = Number.POSITIVE_INFINITY;
    try {
      if (await running.handlers.onSegment(segment)) this.#post({ kind: "swapped" });
      else await this.end();
      running.heardAt = this.#world.clock.monotonicMs();
    } catch (error) {
      this.#fail(new PassFailure(ABANDONED, messageOf(error), true));
      await this.end();
    }
  }

  #fail(failure: PassFailure): void {
    this.#running?.settled.reject(failure);
  }

  #lose(reason: string): void {
    this.#thread = null;
    this.#isPressed = false;
    this.#fail(new PassFailure(THREAD_LOST, reason, false));
  }

  /** Looks again and again whether the thread must work less, and whether it is still there. */
  #look(): void {
    const { clock, scheduler } = this.#world;
    const dueAt = clock.monotonicMs() + PRESSURE_LOOK_MS;
    this.#watch = scheduler.after(PRESSURE_LOOK_MS, () => {
      const running = this.#running;
      if (running === null) return;
      const now = clock.monotonicMs();
      this.#looks += 1;
      if (this.#looks % APPENDS_LOOK_EVERY === 0) {
        this.#areAppendsWaiting = this.#world.doAppendsWait();
      }
      const isPressed = now - dueAt >= LATE_MS || this.#areAppendsWaiting;
      if (isPressed !== this.#isPressed) this.#post({ kind: "press", isPressed });
      this.#isPressed = isPressed;
      if (now - running.heardAt < SILENT_MS_MAX) {
        this.#look();
        return;
      }
      const seconds = Math.round(SILENT_MS_MAX / 1000);
      this.#fail(new PassFailure(THREAD_LOST, `its thread said nothing for ${seconds} s`, false));
      void this.end();
    });
  }
}
