/** Processes that came and went between two looks, as values for `host.processes`. */
import type { ProcessInfo } from "./proc.ts";

export interface KnownProcess extends ProcessInfo {
  /** Wall time at which we first saw it, ms; null for one that was there before us. */
  readonly seenAt: number | null;
}

export interface ProcessEvent extends ProcessInfo {
  readonly event: "start" | "stop";
  /** How long we saw it run, of a process that stopped and whose start we saw. */
  readonly livedMs?: number;
}

/** More processes than this are not followed. */
export const PROCESSES_MAX = 65_536;

export class ProcessWatch {
  readonly #known = new Map<number, KnownProcess>();
  #isFirst = true;

  /** Ids among `pids` of which `update` wants to hear more. */
  unknown(pids: readonly number[]): readonly number[] {
    return pids.filter((pid) => !this.#known.has(pid));
  }

  /** What happened since the last call; nothing the first time, when everything seems new. */
  update(
    pids: readonly number[],
    found: readonly ProcessInfo[],
    nowMs: number,
  ): readonly ProcessEvent[] {
    const events: ProcessEvent[] = [];
    const alive = new Set(pids);
    for (const process of this.#known.values()) {
      if (alive.has(process.pid)) continue;
      const { pid, parentPid, name, seenAt } = process;
      this.#known.delete(pid);
      const lived = seenAt === null ? {} : { livedMs: nowMs - seenAt };
      events.push({ event: "stop", pid, parentPid, name, ...lived });
    }
    for (const process of found) {
      if (this.#known.size >= PROCESSES_MAX) break;
      this.#known.set(process.pid, { ...process, seenAt: this.#isFirst ? null : nowMs });
      if (!this.#isFirst) events.push({ event: "start", ...process });
    }
    this.#isFirst = false;
    return events;
  }
}
