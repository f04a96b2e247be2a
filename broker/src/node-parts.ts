/** What the files of the composition root hand to each other. */
import type { Audit } from "#audit/audit-log.ts";
import type { LoadedConfig } from "#config/load.ts";
import type { Controller } from "#controller/controller.ts";
import type { LogManager } from "#log/log-manager.ts";
import type { ImageFollower } from "#metadata/image-follower.ts";
import type { MetadataStore } from "#metadata/store.ts";
import type { MetricRegistry } from "#metrics/metric.ts";
import type { NetProbe } from "#net/probe.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";

export interface NodeConfig {
  readonly loaded: LoadedConfig;
  readonly clusterId: string;
  /** The folder of the logs, which this node alone uses. */
  readonly dataFolder: string;
  readonly store: MetadataStore;
  readonly metrics: MetricRegistry;
}

export interface Parts {
  readonly logs: LogManager;
  readonly view: ImageFollower;
  readonly controller: Controller;
  readonly replicas: ReplicaManager;
  readonly probe: NetProbe;
  readonly audit: Audit;
}
