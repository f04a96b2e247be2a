import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** The administrative calls, through Kafka's own admin client. */
final class Administration implements AutoCloseable {
    private final Admin admin;

    Administration(Map<String, Object> config) {
        admin = Admin.create(config);
    }

    Object call(String name, JsonNode args) throws Exception {
        switch (name) {
            case "createTopic":
                return createTopic(args);
            case "listTopics":
                return admin.listTopics().names().get();
            case "countPartitions":
                return admin.describeTopics(List.of(topic(args))).allTopicNames().get().get(topic(args)).partitions().size();
            case "createPartitions":
                return admin.createPartitions(Map.of(topic(args), NewPartitions.increaseTo(args.get("count").asInt()))).all().get();
            case "deleteTopic":
                return admin.deleteTopics(List.of(topic(args))).all().get();
            case "describeConfig":
                return admin.describeConfigs(List.of(resource(args))).all().get().get(resource(args))
                        .get(args.get("name").asText()).value();
            case "alterConfig":
                return alterConfig(args);
            case "deleteRecords":
                return deleteRecords(args);
            case "listOffset":
                return admin.listOffsets(Map.of(partition(args), spec(args.get("at")))).partitionResult(partition(args)).get().offset();
            default:
                return callForGroups(name, args);
        }
    }

    private Object callForGroups(String name, JsonNode args) throws Exception {
        switch (name) {
            case "listGroups":
                return admin.listGroups().all().get().stream().map(GroupListing::groupId).toList();
            case "describeGroup":
                return describeGroup(args);
            case "committedOffsets":
                return committedOffsets(args);
            case "alterOffsets":
                return admin.alterConsumerGroupOffsets(group(args), offsets(args)).all().get();
            case "deleteOffsets":
                return deleteOffsets(args);
            case "deleteGroup":
                return admin.deleteConsumerGroups(List.of(group(args))).all().get();
            default:
                throw new IllegalArgumentException("no call " + name);
        }
    }

    @Override
    public void close() {
        admin.close();
    }

    private Object createTopic(JsonNode args) throws Exception {
        Map<String, String> configs = new HashMap<>();
        args.get("configs").fields().forEachRemaining(entry -> configs.put(entry.getKey(), entry.getValue().asText()));
        NewTopic topic = new NewTopic(topic(args), Optional.of(args.get("partitions").asInt()), Optional.empty());
        return admin.createTopics(List.of(topic.configs(configs))).all().get();
    }

    private Object alterConfig(JsonNode args) throws Exception {
        ConfigEntry entry = new ConfigEntry(args.get("name").asText(), args.get("value").asText());
        AlterConfigOp set = new AlterConfigOp(entry, AlterConfigOp.OpType.SET);
        return admin.incrementalAlterConfigs(Map.of(resource(args), List.of(set))).all().get();
    }

    private Object deleteRecords(JsonNode args) throws Exception {
        RecordsToDelete before = RecordsToDelete.beforeOffset(args.get("before").asLong());
        return admin.deleteRecords(Map.of(partition(args), before)).all().get();
    }

    private Object describeGroup(JsonNode args) throws Exception {
        ConsumerGroupDescription described =
                admin.describeConsumerGroups(List.of(group(args))).all().get().get(group(args));
        return Map.of("state", described.groupState().toString(), "memberCount", described.members().size());
    }

    private Object committedOffsets(JsonNode args) throws Exception {
        Map<Integer, Long> committed = new TreeMap<>();
        admin.listConsumerGroupOffsets(group(args)).partitionsToOffsetAndMetadata().get().forEach((where, offset) -> {
            if (where.topic().equals(topic(args)) && offset != null) {
                committed.put(where.partition(), offset.offset());
            }
        });
        return committed;
    }

    private Object deleteOffsets(JsonNode args) throws Exception {
        Set<TopicPartition> partitions = new HashSet<>();
        args.get("partitions").forEach(partition -> partitions.add(new TopicPartition(topic(args), partition.asInt())));
        return admin.deleteConsumerGroupOffsets(group(args), partitions).all().get();
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(JsonNode args) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        args.get("offsets").fields().forEachRemaining(entry -> offsets.put(
                new TopicPartition(topic(args), Integer.parseInt(entry.getKey())),
                new OffsetAndMetadata(entry.getValue().asLong())));
        return offsets;
    }

    private static OffsetSpec spec(JsonNode at) {
        if (at.isNumber()) {
            return OffsetSpec.forTimestamp(at.asLong());
        }
        return at.asText().equals("earliest") ? OffsetSpec.earliest() : OffsetSpec.latest();
    }

    private static String topic(JsonNode args) {
        return args.get("topic").asText();
    }

    private static String group(JsonNode args) {
        return args.get("group").asText();
    }

    private static TopicPartition partition(JsonNode args) {
        return new TopicPartition(topic(args), args.get("partition").asInt());
    }

    private static ConfigResource resource(JsonNode args) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic(args));
    }
}
