/** Sends the requests that @platformatic/kafka knows: `node platformatic.ts HOST:PORT SASL_HOST:PORT`. */
import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
} from "@platformatic/kafka";

const [bootstrap = "", saslBootstrap = ""] = process.argv.slice(2);
const topic = "golden-platformatic";
const groupId = "golden-platformatic-group";
const base = { clientId: "golden", bootstrapBrokers: [bootstrap], retries: 3 };

const admin = new Admin(base);
await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
await admin.createPartitions({ topics: [{ name: topic, count: 2, assignments: null }] });
await admin.listTopics();
const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic };
await admin.describeConfigs({
  resources: [{ ...resource, configurationKeys: ["retention.ms"] }],
  includeSynonyms: true,
});
await admin.alterConfigs({
  resources: [{ ...resource, configs: [{ name: "retention.ms", value: "86400000" }] }],
});
await admin.incrementalAlterConfigs({
  resources: [{ ...resource, configs: [{ name: "retention.ms", configOperation: 1 }] }],
});
await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0] }] });

const producer = new Producer({ ...base, serializers: stringSerializers, idempotent: true });
await producer.send({
  messages: [{ topic, partition: 0, key: "k", value: "v", headers: { h: "1" }, timestamp: 1n }],
});
await producer.close();

const consumer = new Consumer({
  ...base,
  groupId,
  deserializers: stringDeserializers,
  heartbeatInterval: 200,
  sessionTimeout: 6_000,
  maxWaitTime: 300,
});
const stream = await consumer.consume({ topics: [topic], mode: "earliest", autocommit: false });
const heartbeat = new Promise((settle) => consumer.once("consumer:heartbeat:end", settle));
for await (const message of stream) {
  await message.commit();
  break;
}
await heartbeat;
await consumer.listOffsetsWithTimestamps({ topics: [topic], timestamp: 1n });
await admin.listGroups();
await admin.describeGroups({ groups: [groupId] });
await consumer.close(true);

const modern = new Consumer({
  ...base,
  groupId: "golden-platformatic-modern",
  groupProtocol: "consumer",
  deserializers: stringDeserializers,
});
const modernStream = await modern.consume({ topics: [topic], mode: "earliest" });
for await (const message of modernStream) {
  await message.commit();
  break;
}
await modern.close(true);

await admin.listConsumerGroupOffsets({ groups: [groupId] });
await admin.alterConsumerGroupOffsets({
  groupId,
  topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: 0n }] }],
});
await admin.deleteConsumerGroupOffsets({
  groupId,
  topics: [{ name: topic, partitionIndexes: [0] }],
});

const transactional = new Producer({
  ...base,
  serializers: stringSerializers,
  transactionalId: "golden-platformatic-txn",
  idempotent: true,
});
const transaction = await transactional.beginTransaction();
await transaction.send({ messages: [{ topic, partition: 0, value: "t" }] });
await transaction.commit();
await transactional.close();

await admin.deleteRecords({
  topics: [{ name: topic, partitions: [{ partition: 0, offset: 1n }] }],
});
await admin.deleteGroups({ groups: [groupId] });
await admin.deleteTopics({ topics: [topic] });
await admin.close();

const authenticated = new Admin({
  ...base,
  bootstrapBrokers: [saslBootstrap],
  sasl: { mechanism: "PLAIN", username: "alice", password: "secret" },
});
await authenticated.listTopics();
await authenticated.close();
