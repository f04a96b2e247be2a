/** Compaction in a node: the settings it obeys, and the partitions whose logs it looks at. */
import type { BrokerConfig } from "#config/broker-settings.ts";
import type { World } from "#io/ports.ts";
import { Compactor } from "#log/compaction/compactor.ts";
import type { CompactionSettings } from "#log/compaction/ports.ts";
import { CompactionProbe } from "#log/compaction/probe.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";
import type { NodeConfig } from "./node-parts.ts";

export function compactorOf(
  { loaded, metrics }: NodeConfig,
  world: World,
  replicas: ReplicaManager,
): Compactor {
  const probe = new CompactionProbe(metrics);
  const logs = function* () {
    for (const { log, lastStableOffset } of replicas.partitions()) {
      yield { log, stableOffset: lastStableOffset };
    }
  };
  return new Compactor({ ...world, probe, logs }, settingsOf(loaded.broker));
}

function settingsOf(broker: BrokerConfig): CompactionSettings {
  return {
    isEnabled: broker.logCleanerEnable,
    backoffMs: broker.logCleanerBackoffMs,
    dedupeBufferBytes: broker.logCleanerDedupeBufferSize,
    dedupeLoadFactor: broker.logCleanerIoBufferLoadFactor,
    readBytes: broker.logCleanerIoBufferSize,
    bytesPerSecondMax: broker.logCleanerIoMaxBytesPerSecond,
  };
}
