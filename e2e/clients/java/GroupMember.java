import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A consumer and its thread: polls, keeps what came, and runs what other threads ask between two polls. */
final class GroupMember {
    private static final Duration POLL = Duration.ofMillis(50);

    private final Consumer<byte[], byte[]> consumer;
    private final Thread thread;
    private final Queue<FutureTask<?>> tasks = new ConcurrentLinkedQueue<>();
    private final Deque<Map<String, Object>> records = new ArrayDeque<>();
    private final Map<TopicPartition, Long> positions = new ConcurrentHashMap<>();
    private final Set<TopicPartition> assignment = ConcurrentHashMap.newKeySet();
    private volatile boolean stopped;
    private Throwable failure;

    private GroupMember(Consumer<byte[], byte[]> consumer) {
        this.consumer = consumer;
        thread = new Thread(this::run);
        thread.setDaemon(true);
    }

    static GroupMember open(Map<String, Object> common, JsonNode args) {
        Consumer<byte[], byte[]> consumer = create(common, Map.of());
        List<TopicPartition> partitions = new ArrayList<>();
        for (JsonNode partition : args.get("partitions")) {
            partitions.add(new TopicPartition(args.get("topic").asText(), partition.asInt()));
        }
        consumer.assign(partitions);
        JsonNode from = args.get("from");
        switch (from.get("kind").asText()) {
            case "beginning" -> consumer.seekToBeginning(partitions);
            case "end" -> consumer.seekToEnd(partitions);
            case "offset" -> partitions.forEach(partition -> consumer.seek(partition, from.get("offset").asLong()));
            default -> {
                Map<TopicPartition, Long> times = new HashMap<>();
                partitions.forEach(partition -> times.put(partition, from.get("timestamp").asLong()));
                Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(times);
                partitions.forEach(partition -> consumer.seek(partition, found.get(partition).offset()));
            }
        }
        // Seeking is lazy; asking for the position resolves it.
        partitions.forEach(consumer::position);
        GroupMember member = new GroupMember(consumer);
        member.thread.start();
        return member;
    }

    static GroupMember join(Map<String, Object> common, JsonNode args) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("group.id", args.get("group").asText());
        config.put("auto.offset.reset", "earliest");
        if (args.has("instanceId")) {
            config.put("group.instance.id", args.get("instanceId").asText());
        }
        if (args.get("protocol").asText().equals("consumer")) {
            config.put("group.protocol", "consumer");
        } else {
            config.put("session.timeout.ms", 10_000);
            config.put("heartbeat.interval.ms", 300);
            config.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer."
                    + (args.get("assignor").asText().equals("cooperative") ? "CooperativeStickyAssignor" : "RangeAssignor"));
        }
        GroupMember member = new GroupMember(create(common, config));
        CountDownLatch joined = new CountDownLatch(1);
        List<String> topics = new ArrayList<>();
        args.get("topics").forEach(topic -> topics.add(topic.asText()));
        if (args.has("pattern")) {
            member.consumer.subscribe(new SubscriptionPattern(args.get("pattern").asText()), member.listener(joined));
        } else {
            member.consumer.subscribe(topics, member.listener(joined));
        }
        member.thread.start();
        if (!joined.await(30, TimeUnit.SECONDS)) {
            throw new TimeoutException("not joined within 30 s");
        }
        return member;
    }

    synchronized List<Map<String, Object>> read(int count, long withinMs) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(withinMs);
        while (records.size() < count && failure == null) {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (leftMs <= 0) {
                break;
            }
            wait(leftMs);
        }
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
        List<Map<String, Object>> taken = new ArrayList<>();
        while (taken.size() < count && !records.isEmpty()) {
            Map<String, Object> record = records.removeFirst();
            taken.add(record);
            TopicPartition where = new TopicPartition((String) record.get("topic"), (Integer) record.get("partition"));
            positions.put(where, (Long) record.get("offset") + 1);
        }
        return taken;
    }

    Set<String> assignment() {
        Set<String> sorted = new TreeSet<>();
        assignment.forEach(where -> sorted.add(where.topic() + "/" + where.partition()));
        return sorted;
    }

    /** Only what this member still has: the rest is another member's to commit. */
    void commit() throws Exception {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        positions.forEach((where, offset) -> {
            if (assignment.contains(where)) {
                offsets.put(where, new OffsetAndMetadata(offset));
            }
        });
        ask(() -> {
            consumer.commitSync(offsets);
            return null;
        });
    }

    void close() throws InterruptedException {
        stopped = true;
        thread.join(30_000);
    }

    private void ask(Callable<?> task) throws Exception {
        FutureTask<?> future = new FutureTask<>(task);
        tasks.add(future);
        future.get(30, TimeUnit.SECONDS);
    }

    private void run() {
        try (consumer) {
            while (!stopped) {
                for (FutureTask<?> task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    synchronized (this) {
                        records.add(Records.toJson(record));
                        notifyAll();
                    }
                }
            }
        } catch (Throwable thrown) {
            synchronized (this) {
                failure = thrown;
                notifyAll();
            }
        }
    }

    private ConsumerRebalanceListener listener(CountDownLatch joined) {
        return new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                assignment.addAll(partitions);
                joined.countDown();
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                assignment.removeAll(partitions);
            }
        };
    }

    private static Consumer<byte[], byte[]> create(Map<String, Object> common, Map<String, Object> more) {
        Map<String, Object> config = new HashMap<>(common);
        config.put("enable.auto.commit", false);
        config.put("fetch.max.wait.ms", 100);
        config.putAll(more);
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
