import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.*;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.*;

/** Sends the requests that Kafka's own clients know: {@code java JavaWorkload.java HOST:PORT SASL_HOST:PORT}. */
public class JavaWorkload {
    static final String TOPIC = "golden-java";
    static final String GROUP = "golden-java-group";
    static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

    public static void main(String[] args) throws Exception {
        String bootstrap = args[0];
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "client.id", "golden"))) {
            topics(admin);
            produce(bootstrap);
            classicGroup(bootstrap, admin);
            modernGroup(bootstrap, admin);
            transactions(bootstrap, admin);
            security(admin);
            cluster(admin);
            admin.deleteRecords(Map.of(PARTITION, RecordsToDelete.beforeOffset(1))).all().get();
            admin.deleteTopics(List.of(TOPIC)).all().get();
        }
        sasl(args[1]);
    }

    static void topics(Admin admin) throws Exception {
        admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1).configs(Map.of("retention.ms", "86400000")))).all().get();
        admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(2))).all().get();
        admin.listTopics().names().get();
        admin.describeTopics(List.of(TOPIC)).allTopicNames().get();
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, GROUP);
        admin.incrementalAlterConfigs(Map.of(topic, List.of(
                new AlterConfigOp(new ConfigEntry("retention.ms", "3600000"), AlterConfigOp.OpType.SET),
                new AlterConfigOp(new ConfigEntry("segment.ms", null), AlterConfigOp.OpType.DELETE)))).all().get();
        // All entries exceed the size of a fixture for a topic, those of a group fit.
        admin.describeConfigs(List.of(group), new DescribeConfigsOptions().includeSynonyms(true)).all().get();
        admin.listConfigResources(Set.of(ConfigResource.Type.TOPIC), new ListConfigResourcesOptions()).all().get();
        admin.describeLogDirs(List.of(1)).allDescriptions().get();
    }

    static void produce(String bootstrap) throws Exception {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "client.id", "golden",
                    "compression.type", codec, "linger.ms", 100);
            try (Producer<byte[], byte[]> producer =
                    new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                        TOPIC, 0, 1760000000000L, "k".getBytes(), new byte[100]);
                record.headers().add("h", "1".getBytes()).add("n", null);
                producer.send(record);
                producer.send(new ProducerRecord<>(TOPIC, 0, 1760000000001L, (byte[]) null, (byte[]) null));
            }
        }
    }

    static void classicGroup(String bootstrap, Admin admin) throws Exception {
        try (Consumer<byte[], byte[]> consumer = consumer(bootstrap, GROUP, Map.of(
                "heartbeat.interval.ms", 100, "group.instance.id", "golden-static"))) {
            consumer.subscribe(List.of(TOPIC));
            pollSome(consumer, 10);
            consumer.commitSync();
            consumer.committed(Set.of(PARTITION));
            consumer.offsetsForTimes(Map.of(PARTITION, 1760000000001L));
            // Seeking with a leader epoch makes the consumer ask OffsetForLeaderEpoch.
            consumer.seek(PARTITION, new OffsetAndMetadata(0, Optional.of(0), ""));
            pollSome(consumer, 10);
            admin.listGroups().all().get();
            admin.describeClassicGroups(List.of(GROUP)).all().get();
            admin.describeConsumerGroups(List.of(GROUP)).all().get();
        }
        admin.removeMembersFromConsumerGroup(GROUP, new RemoveMembersFromConsumerGroupOptions(
                List.of(new MemberToRemove("golden-static")))).all().get();
        admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata().get();
        admin.alterConsumerGroupOffsets(GROUP, Map.of(PARTITION, new OffsetAndMetadata(1, "m"))).all().get();
        admin.deleteConsumerGroupOffsets(GROUP, Set.of(PARTITION)).all().get();
        admin.deleteConsumerGroups(List.of(GROUP)).all().get();
        admin.listOffsets(Map.of(PARTITION, OffsetSpec.maxTimestamp())).all().get();
        admin.listOffsets(Map.of(PARTITION, OffsetSpec.latest())).all().get();
    }

    static void modernGroup(String bootstrap, Admin admin) throws Exception {
        try (Consumer<byte[], byte[]> consumer = consumer(bootstrap, "golden-java-modern", Map.of("group.protocol", "consumer"))) {
            consumer.subscribe(List.of(TOPIC));
            pollSome(consumer, 10);
            consumer.commitSync();
            admin.describeConsumerGroups(List.of("golden-java-modern")).all().get();
        }
    }

    static void transactions(String bootstrap, Admin admin) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "client.id", "golden", "transactional.id", "golden-java-txn");
        try (Consumer<byte[], byte[]> reader = consumer(bootstrap, GROUP, Map.of());
                Producer<byte[], byte[]> producer =
                        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(TOPIC, 0, null, "t".getBytes())).get();
            producer.sendOffsetsToTransaction(Map.of(PARTITION, new OffsetAndMetadata(1)), reader.groupMetadata());
            admin.listTransactions().all().get();
            admin.describeTransactions(List.of("golden-java-txn")).all().get();
            admin.describeProducers(List.of(PARTITION)).all().get();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(TOPIC, 0, null, "t".getBytes())).get();
            producer.commitTransaction();
        }
        Map<String, Object> committed = Map.of("isolation.level", "read_committed");
        try (Consumer<byte[], byte[]> consumer = consumer(bootstrap, "golden-java-committed", committed)) {
            consumer.assign(List.of(PARTITION));
            pollSome(consumer, 11);
        }
        admin.fenceProducers(List.of("golden-java-txn")).all().get();
    }

    static void security(Admin admin) throws Exception {
        AclBinding acl = new AclBinding(new ResourcePattern(ResourceType.TOPIC, TOPIC, PatternType.LITERAL),
                new AccessControlEntry("User:bob", "*", AclOperation.READ, AclPermissionType.DENY));
        admin.createAcls(List.of(acl)).all().get();
        admin.describeAcls(AclBindingFilter.ANY).values().get();
        admin.deleteAcls(List.of(acl.toFilter())).all().get();
        admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("bob",
                new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "secret"))).all().get();
        admin.describeUserScramCredentials(List.of("bob")).all().get();
        ClientQuotaEntity bob = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, "bob"));
        admin.alterClientQuotas(List.of(new ClientQuotaAlteration(bob,
                List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1e9))))).all().get();
        admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get();
    }

    static void cluster(Admin admin) throws Exception {
        admin.describeCluster().clusterId().get();
        admin.describeMetadataQuorum().quorumInfo().get();
        quietly(() -> admin.electLeaders(ElectionType.PREFERRED, Set.of(PARTITION)).all().get());
        quietly(() -> admin.alterPartitionReassignments(Map.of(PARTITION,
                Optional.of(new NewPartitionReassignment(List.of(1))))).all().get());
        admin.listPartitionReassignments().reassignments().get();
    }

    static void sasl(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "client.id", "golden",
                "security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN", "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" password=\"secret\";"))) {
            admin.listTopics().names().get();
        }
    }

    static Consumer<byte[], byte[]> consumer(String bootstrap, String group, Map<String, Object> more) {
        Properties config = new Properties();
        config.putAll(Map.of("bootstrap.servers", bootstrap, "client.id", "golden", "group.id", group,
                "auto.offset.reset", "earliest", "enable.auto.commit", false, "fetch.max.wait.ms", 100));
        config.putAll(more);
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static void pollSome(Consumer<byte[], byte[]> consumer, int count) {
        int seen = 0;
        while (seen < count) {
            seen += consumer.poll(Duration.ofSeconds(30)).count();
        }
    }

    /** A request whose typed error is as good a fixture as its success. */
    static void quietly(Callable<?> call) {
        try {
            call.call();
        } catch (Exception expected) {
            System.err.println(expected.getMessage());
        }
    }
}
