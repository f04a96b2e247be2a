/** What the handlers of consumer groups are given. */
import type { Changes } from "#audit/changes.ts";
import type { GroupChanges } from "#audit/group-changes.ts";
import type { Authorizer } from "#auth/authorizer.ts";
import type { GroupCoordinator } from "#coordinator/group-coordinator.ts";
import type { TopicLookup } from "#coordinator/ports.ts";
import type { RequestContext } from "./handler.ts";

export interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** Where the broker is that leads a partition of an internal topic. */
export interface CoordinatorLocator {
  /** Its address as Metadata gives it to this client; null while the partition has no leader. */
  locate(topic: string, partition: number, context: RequestContext): BrokerAddress | null;
}

export interface GroupServices {
  readonly authorizer: Authorizer;
  readonly groups: GroupCoordinator;
  readonly groupChanges: GroupChanges;
  readonly changes: Changes;
  readonly topics: TopicLookup;
  readonly coordinators: CoordinatorLocator;
}
