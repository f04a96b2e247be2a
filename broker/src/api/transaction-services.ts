/** What the handlers of transactions are given. */
import type { Authorizer } from "#auth/authorizer.ts";
import type { ProducerIds } from "#controller/producer-ids.ts";
import type { GroupCoordinator } from "#coordinator/group-coordinator.ts";
import type { TopicLookup } from "#coordinator/ports.ts";
import type { TransactionCoordinator } from "#coordinator/transaction-coordinator.ts";
import type { MetadataView } from "#metadata/image.ts";

export interface TransactionServices {
  readonly authorizer: Authorizer;
  readonly transactions: TransactionCoordinator;
  readonly producerIds: Pick<ProducerIds, "next">;
  readonly groups: GroupCoordinator;
  readonly topics: TopicLookup;
  readonly view: MetadataView;
}
