import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A processor with Kafka's own client: {@code java Processor TASK}. Reads standard input only to see its end. */
public class Processor {
    private static final int MIX_ABORTED_OF_TEN = 3;
    private static final int BANK_ABORTED_OF_TEN = 1;
    private static final Duration POLL = Duration.ofMillis(100);

    private final JsonNode task;
    private final KafkaProducer<String, String> producer;
    private volatile boolean stopping;
    private int number;

    private Processor(JsonNode task) {
        this.task = task;
        producer = new KafkaProducer<>(
            Map.of(
                "bootstrap.servers", text("bootstrap"),
                "client.id", text("name"),
                "transactional.id", text("transactionalId"),
                "transaction.timeout.ms", task.get("transactionTimeoutMs").asInt(),
                "max.block.ms", 20000),
            new StringSerializer(),
            new StringSerializer());
    }

    public static void main(String[] args) throws Exception {
        Processor processor = new Processor(new ObjectMapper().readTree(args[0]));
        Thread watch = new Thread(processor::awaitEndOfInput);
        watch.setDaemon(true);
        watch.start();
        try {
            processor.producer.initTransactions();
            if (processor.text("mode").equals("bank")) {
                processor.bank();
            } else {
                processor.mix();
            }
        } catch (Exception thrown) {
            say((isFence(thrown) ? "fenced " : "failed ") + reasons(thrown));
            Runtime.getRuntime().halt(1);
        }
        processor.producer.close(Duration.ofSeconds(5));
    }

    private void bank() throws Exception {
        Map<String, Object> config = Map.of(
            "bootstrap.servers", text("bootstrap"),
            "client.id", text("name"),
            "group.id", text("groupId"),
            "auto.offset.reset", "earliest",
            "enable.auto.commit", false,
            "isolation.level", "read_committed",
            "session.timeout.ms", 6000,
            "heartbeat.interval.ms", 500,
            "max.poll.records", 5);
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(text("input")));
            say("ready");
            while (!stopping) {
                ConsumerRecords<String, String> records = consumer.poll(POLL);
                if (!records.isEmpty() && !move(consumer, records)) {
                    rewind(consumer);
                }
            }
        }
    }

    /** Whether the transaction was committed. */
    private boolean move(KafkaConsumer<String, String> consumer, ConsumerRecords<String, String> records) throws Exception {
        return transact(BANK_ABORTED_OF_TEN, sent -> {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (ConsumerRecord<String, String> transfer : records) {
                String[] part = transfer.value().split(":");
                String id = part[0] + ":" + part[1] + ":";
                sent.add(half("debits", part[2], id + part[2] + ":-" + part[4]));
                sent.add(half("credits", part[3], id + part[3] + ":" + part[4]));
                offsets.put(
                    new TopicPartition(transfer.topic(), transfer.partition()),
                    new OffsetAndMetadata(transfer.offset() + 1));
            }
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        });
    }

    /** Back to what is committed. */
    private void rewind(KafkaConsumer<String, String> consumer) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
        for (TopicPartition partition : consumer.assignment()) {
            OffsetAndMetadata found = committed.get(partition);
            if (found == null) {
                consumer.seekToBeginning(List.of(partition));
            } else {
                consumer.seek(partition, found.offset());
            }
        }
    }

    private void mix() throws Exception {
        say("ready");
        int partitions = task.get("mixedPartitions").asInt();
        while (!stopping) {
            transact(MIX_ABORTED_OF_TEN, sent -> {
                ThreadLocalRandom random = ThreadLocalRandom.current();
                int count = random.nextInt(2, partitions + 1);
                int first = random.nextInt(partitions);
                for (int at = 0; at < count; at++) {
                    String value = text("name") + ":" + number + ":" + at + ":" + count;
                    sent.add(new ProducerRecord<>(text("mixed"), (first + at) % partitions, null, value));
                }
            });
        }
    }

    private interface Work {
        void addTo(Sends sent);
    }

    private final class Sends {
        private final List<Future<?>> answers = new ArrayList<>();

        void add(ProducerRecord<String, String> record) {
            answers.add(producer.send(record));
        }
    }

    private boolean transact(int abortedOfTen, Work work) throws Exception {
        number++;
        say("begin " + number);
        try {
            producer.beginTransaction();
            Sends sent = new Sends();
            work.addTo(sent);
            if (ThreadLocalRandom.current().nextInt(10) >= abortedOfTen) {
                producer.commitTransaction();
                say("committed " + number);
                return true;
            }
            for (Future<?> answer : sent.answers) {
                answer.get();
            }
        } catch (ProducerFencedException thrown) {
            throw thrown;
        } catch (KafkaException thrown) {
            System.err.println(number + ": " + reasons(thrown));
        }
        producer.abortTransaction();
        say("aborted " + number);
        return false;
    }

    private ProducerRecord<String, String> half(String topic, String account, String value) {
        int partition = Integer.parseInt(account) % task.get("partitions").asInt();
        return new ProducerRecord<>(text(topic), partition, account, value);
    }

    private static boolean isFence(Throwable thrown) {
        return thrown instanceof ProducerFencedException
            || thrown instanceof InvalidProducerEpochException
            || (thrown.getCause() != null && isFence(thrown.getCause()));
    }

    private static String reasons(Throwable thrown) {
        String own = thrown.toString().replace('\n', ' ');
        return thrown.getCause() == null ? own : own + "; " + reasons(thrown.getCause());
    }

    private String text(String field) {
        return task.get(field).asText();
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private void awaitEndOfInput() {
        try {
            while (System.in.read() >= 0) {
                continue;
            }
        } catch (java.io.IOException ended) {
            // The same as its end.
        }
        stopping = true;
    }
}
