/** What the files of the composition root hand to each other. */
import type { Audit } from "#audit/audit-log.ts";
import type { LoadedConfig } from "#config/load.ts";
import type { Controller } from "#controller/controller.ts";
import type { DataFolder, LogDirs } from "#log/log-dirs.ts";
import type { ImageFollower } from "#metadata/image-follower.ts";
import type { MetadataStore } from "#metadata/store.ts";
import type { MetricRegistry } from "#metrics/metric.ts";
import type { NetProbe } from "#net/probe.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";

export interface NodeConfig {
  readonly loaded: LoadedConfig;
  readonly clusterId: string;
  /** The first folder of logs, which this node alone uses, like the others. */
  readonly dataFolder: string;
  /** Further folders of logs, each on a disk of its own. */
  readonly otherFolders?: readonly DataFolder[];
  /** Told once, when no folder is left in service: the process should end and say so. */
  readonly onStorageLost?: (reason: string) => void;
  readonly store: MetadataStore;
  readonly metrics: MetricRegistry;
}

export interface Parts {
  readonly logs: LogDirs;
  readonly view: ImageFollower;
  readonly controller: Controller;
  readonly replicas: ReplicaManager;
  readonly probe: NetProbe;
  readonly audit: Audit;
}
