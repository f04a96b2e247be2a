/** Sends every request that kafkajs knows, with a little data: `node kafkajs.ts HOST:PORT SASL_HOST:PORT`. */
import kafkajs from "kafkajs";

const { ConfigResourceTypes, Kafka, logLevel } = kafkajs;
const [bootstrap = "", saslBootstrap = ""] = process.argv.slice(2);
const topic = "golden-kafkajs";
const group = "golden-kafkajs-group";
const kafka = new Kafka({ brokers: [bootstrap], clientId: "golden", logLevel: logLevel.NOTHING });
const offsets = [{ partition: 0, offset: "1" }];

const admin = kafka.admin();
await admin.connect();
await admin.describeCluster();
await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
await admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
await admin.describeConfigs({
  includeSynonyms: true,
  resources: [{ ...resource, configNames: ["retention.ms", "cleanup.policy"] }],
});
await admin.alterConfigs({
  validateOnly: false,
  resources: [{ ...resource, configEntries: [{ name: "retention.ms", value: "86400000" }] }],
});

const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
await producer.connect();
await producer.send({
  topic,
  messages: [
    { key: "k", value: "v", headers: { h: "1" }, partition: 0, timestamp: "1760000000000" },
    { key: null, value: null, partition: 0, timestamp: "1760000000001" },
  ],
});
await producer.disconnect();

const consumer = kafka.consumer({ groupId: group, rebalanceTimeout: 10_000, maxWaitTimeInMs: 100 });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await new Promise<void>((settle, fail) => {
  consumer
    .run({
      eachMessage: async ({ message, heartbeat }) => {
        await heartbeat();
        if (message.offset === "1") {
          settle();
        }
      },
    })
    .catch(fail);
});
await consumer.commitOffsets([{ topic, partition: 0, offset: "2", metadata: "m" }]);
await admin.listGroups();
await admin.describeGroups([group]);
await consumer.disconnect();

await admin.fetchOffsets({ groupId: group, topics: [topic] });
await admin.setOffsets({ groupId: group, topic, partitions: offsets });
await admin.fetchTopicOffsets(topic);
await admin.fetchTopicOffsetsByTimestamp(topic, 1_760_000_000_001);

const transactional = kafka.producer({ transactionalId: "golden-txn", maxInFlightRequests: 1 });
await transactional.connect();
const transaction = await transactional.transaction();
await transaction.send({ topic, messages: [{ value: "t", partition: 0 }] });
await transaction.sendOffsets({
  consumerGroupId: group,
  topics: [{ topic, partitions: offsets }],
});
await transaction.commit();
await transactional.disconnect();

await admin.deleteTopicRecords({ topic, partitions: offsets });
await admin.deleteGroups([group]);
const acl = {
  resourceType: 2,
  resourceName: topic,
  resourcePatternType: 3,
  principal: "User:bob",
  host: "*",
  operation: 3,
  permissionType: 3,
};
await admin.createAcls({ acl: [acl] });
await admin.describeAcls(acl);
await admin.deleteAcls({ filters: [acl] });
await admin.listPartitionReassignments({});
await admin.deleteTopics({ topics: [topic] });
await admin.disconnect();

const authenticated = new Kafka({
  brokers: [saslBootstrap],
  clientId: "golden",
  logLevel: logLevel.NOTHING,
  ssl: false,
  sasl: { mechanism: "plain", username: "alice", password: "secret" },
}).admin();
await authenticated.connect();
await authenticated.listTopics();
await authenticated.disconnect();
