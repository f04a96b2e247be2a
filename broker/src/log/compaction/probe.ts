/** What is measured of compaction. */
import type { Counter, MetricRegistry } from "#metrics/metric.ts";
import type { PassSummary } from "./messages.ts";

export interface CompactionReadings {
  dirtyRatio(): number;
  stopped(): number;
}

export class CompactionProbe {
  readonly passes: Counter;
  readonly failures: Counter;
  readonly seconds: Counter;
  readonly bytesRead: Counter;
  readonly bytesWritten: Counter;
  readonly bytesFreed: Counter;
  readonly recordsRemoved: Counter;
  #readings: CompactionReadings = { dirtyRatio: () => 0, stopped: () => 0 };

  constructor(registry: MetricRegistry) {
    const counter = (name: string, help: string): Counter =>
      registry.counter(`runnel_compaction_${name}_total`, help);
    this.passes = counter("passes", "Passes of compaction over a log that came to their end");
    this.failures = counter("failures", "Passes of compaction that failed");
    this.seconds = counter("seconds", "Time that passes of compaction took");
    this.bytesRead = counter("read_bytes", "Bytes of segments that compaction read");
    this.bytesWritten = counter("written_bytes", "Bytes of segments that compaction wrote");
    this.bytesFreed = counter("freed_bytes", "Bytes by which compaction made logs smaller");
    this.recordsRemoved = counter("records_removed", "Records that compaction removed");
    registry.gauge(
      "runnel_compaction_dirty_ratio",
      "Largest share of a compacted log that can be compacted and is not yet, 0 to 1",
      () => this.#readings.dirtyRatio(),
    );
    registry.gauge(
      "runnel_compaction_stopped_logs",
      "Logs that are left alone until the broker starts again, as they could not be compacted",
      () => this.#readings.stopped(),
    );
  }

  watch(readings: CompactionReadings): void {
    this.#readings = readings;
  }

  count(pass: PassSummary & { readonly tookMs: number }): void {
    this.passes.add();
    this.seconds.add(pass.tookMs / 1000);
    this.bytesRead.add(pass.bytesRead);
    this.bytesWritten.add(pass.bytesWritten);
    this.bytesFreed.add(pass.bytesBefore - pass.bytesAfter);
    this.recordsRemoved.add(pass.recordsRemoved);
  }
}
