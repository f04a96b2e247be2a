/** A controller over a store in memory, with as many live brokers as a test wants. */
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import type { BrokerConfig } from "#config/broker-settings.ts";
import { NO_OVERRIDES, type Overrides, resolveBrokerConfig } from "#config/effective.ts";
import { ManualTime } from "#io/memory/manual-time.ts";
import type { TopicImage } from "#metadata/image.ts";
import { ImageFollower } from "#metadata/image-follower.ts";
import { brokerKey } from "#metadata/keys.ts";
import { createMemoryStore } from "#metadata/memory-store.ts";
import type { MetadataStore } from "#metadata/store.ts";
import { Controller } from "./controller.ts";
import type { NewTopic } from "./create-topics.ts";
import { Membership } from "./membership.ts";

export interface TestCluster {
  readonly time: ManualTime;
  readonly store: MetadataStore;
  readonly view: ImageFollower;
  readonly membership: Membership;
  readonly controller: Controller;
  /** The topic of this name; throws where there is none. */
  topic(name: string): TopicImage;
}

export interface TestClusterOptions {
  readonly brokers?: number;
  readonly racks?: readonly string[];
  readonly settings?: Partial<BrokerConfig>;
  readonly fixed?: Overrides;
  /** Puts something between the controller and its store. */
  readonly adaptStore?: (store: MetadataStore) => MetadataStore;
}

/** Broker 1 is ours; 2, 3 … are registered beside it. */
export async function testCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const time = new ManualTime();
  const logger = silentLogger;
  const inner = createMemoryStore({ clock: time, scheduler: time });
  const store = options.adaptStore?.(inner) ?? inner;
  const view = await ImageFollower.start(store, { scheduler: time, logger });
  const membership = await Membership.join({
    store,
    view,
    scheduler: time,
    logger,
    clusterId: "cluster",
    nodeId: 1,
    broker: { rack: options.racks?.[0] ?? null, endpoints: [] },
  });
  for (let id = 2; id <= (options.brokers ?? 1); id += 1) {
    const value = JSON.stringify({ rack: options.racks?.[id - 1] ?? null, endpoints: [] });
    const { revision } = await inner.transact({
      success: [{ kind: "put", key: brokerKey(id), value }],
    });
    await view.waitFor(revision);
  }
  const fixed = options.fixed ?? NO_OVERRIDES;
  const controller = new Controller({
    store,
    view,
    seat: membership,
    random: seededRandom(5),
    nodeId: 1,
    broker: { ...resolveBrokerConfig(fixed), ...options.settings },
    fixed,
  });
  return {
    time,
    store,
    view,
    membership,
    controller,
    topic(name) {
      const topic = view.image.topicsByName.get(name);
      if (topic === undefined) throw new Error(`no topic ${name}`);
      return topic;
    },
  };
}

/** A topic to create: the defaults of the broker, but for what is said. */
export function newTopic(name: string, changes: Partial<NewTopic> = {}): NewTopic {
  return {
    name,
    partitionCount: -1,
    replicationFactor: -1,
    assignments: [],
    configs: [],
    ...changes,
  };
}
