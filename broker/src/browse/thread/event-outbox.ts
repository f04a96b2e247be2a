/** Collects events of a job and says them together. */
import { EVENTS_BYTES_DUE } from "../limits.ts";
import type { Job } from "./job.ts";

export class EventOutbox {
  readonly #job: Job;
  #events: string[] = [];
  #bytes = 0;

  constructor(job: Job) {
    this.#job = job;
  }

  /** Takes the JSON of an event. */
  add(event: string): void {
    this.#events.push(event);
    this.#bytes += event.length;
    if (this.#bytes >= EVENTS_BYTES_DUE) this.flush();
  }

  /** Says what was collected. */
  flush(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    const bytes = this.#bytes;
    this.#events = [];
    this.#bytes = 0;
    this.#job.say({ kind: "events", events }, bytes);
  }
}
