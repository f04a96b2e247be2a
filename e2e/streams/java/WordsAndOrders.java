import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Counts the words of {@code lines} into {@code counts}, and joins {@code orders} and {@code payments} within five minutes into
 * {@code paid}, exactly once: {@code java WordsAndOrders HOST:PORT STATE_FOLDER}. State is in memory and in changelog topics,
 * from which each start builds it again. Every update of a count is an event.
 */
public class WordsAndOrders {
    private static final Duration WINDOW = Duration.ofMinutes(5);
    private static final Duration KEPT = Duration.ofMinutes(10);

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "words-and-orders");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        config.put(StreamsConfig.STATE_DIR_CONFIG, args[1]);
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        config.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        config.put(StreamsConfig.consumerPrefix("session.timeout.ms"), 6000);
        config.put(StreamsConfig.consumerPrefix("heartbeat.interval.ms"), 500);
        config.put(StreamsConfig.producerPrefix("transaction.timeout.ms"), 10000);

        StreamsBuilder builder = new StreamsBuilder();
        countWords(builder);
        joinPayments(builder);
        KafkaStreams streams = new KafkaStreams(builder.build(), config);
        streams.setUncaughtExceptionHandler(thrown -> {
            thrown.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        while (System.in.read() >= 0) {
            continue;
        }
        streams.close(Duration.ofSeconds(10));
    }

    private static void countWords(StreamsBuilder builder) {
        KStream<String, String> lines = builder.stream("lines");
        lines.flatMapValues(line -> Arrays.asList(line.split(" ")))
            .groupBy((key, word) -> word, Grouped.as("words"))
            .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counted")
                .withStoreType(Materialized.StoreType.IN_MEMORY))
            .toStream()
            .map((word, count) -> new org.apache.kafka.streams.KeyValue<>(word, word + ":" + count))
            .to("counts");
    }

    private static void joinPayments(StreamsBuilder builder) {
        KStream<String, String> orders = builder.stream("orders");
        KStream<String, String> payments = builder.stream("payments");
        orders.join(
                payments,
                (order, payment) -> order + ":" + payment,
                JoinWindows.ofTimeDifferenceWithNoGrace(WINDOW),
                StreamJoined.<String, String, String>with(
                        Stores.inMemoryWindowStore("orders-seen", KEPT, KEPT, true),
                        Stores.inMemoryWindowStore("payments-seen", KEPT, KEPT, true))
                    .withKeySerde(Serdes.String())
                    .withValueSerde(Serdes.String())
                    .withOtherValueSerde(Serdes.String()))
            .to("paid");
    }
}
