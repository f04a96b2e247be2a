import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Transactional producers of Kafka's own client, driven by lines of JSON: {@code java TransactionDriver HOST:PORT}. Each call
 * runs on a thread of its own, so that a producer that waits does not hold up the others; producers have names.
 */
public class TransactionDriver {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, KafkaProducer<String, String>> producers = new ConcurrentHashMap<>();
    private final String bootstrap;

    TransactionDriver(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    public static void main(String[] args) throws Exception {
        TransactionDriver driver = new TransactionDriver(args[0]);
        ExecutorService threads = Executors.newCachedThreadPool();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            JsonNode request = JSON.readTree(line);
            threads.submit(() -> driver.answer(request));
        }
        driver.producers.values().forEach(producer -> producer.close(Duration.ZERO));
        threads.shutdownNow();
    }

    private void answer(JsonNode request) {
        ObjectNode answer = JSON.createObjectNode().set("id", request.get("id"));
        try {
            call(request.get("call").asText(), request.get("args"));
            answer.putNull("result");
        } catch (Exception thrown) {
            answer.putObject("error").put("message", thrown.toString()).putNull("code");
        }
        synchronized (System.out) {
            System.out.println(answer);
        }
    }

    private void call(String name, JsonNode args) throws Exception {
        String producerName = args.get("producer").asText();
        if (name.equals("start")) {
            producers.put(producerName, start(args));
            return;
        }
        KafkaProducer<String, String> producer = producers.get(producerName);
        switch (name) {
            case "begin" -> producer.beginTransaction();
            case "send" -> producer.send(new ProducerRecord<>(
                args.get("topic").asText(), args.get("partition").asInt(), null, args.get("value").asText())).get();
            case "sendOffset" -> producer.sendOffsetsToTransaction(
                Map.of(
                    new TopicPartition(args.get("topic").asText(), args.get("partition").asInt()),
                    new OffsetAndMetadata(args.get("offset").asLong())),
                new ConsumerGroupMetadata(args.get("groupId").asText()));
            case "commit" -> producer.commitTransaction();
            case "abort" -> producer.abortTransaction();
            case "close" -> {
                producers.remove(producerName);
                producer.close(Duration.ofSeconds(5));
            }
            default -> throw new IllegalArgumentException(name);
        }
    }

    private KafkaProducer<String, String> start(JsonNode args) {
        Map<String, Object> config = new HashMap<>(Map.of(
            "bootstrap.servers", bootstrap,
            "client.id", "e2e-java",
            "transactional.id", args.get("transactionalId").asText(),
            "transaction.timeout.ms", args.get("timeoutMs").asInt(),
            "max.block.ms", 20000));
        if (args.has("deliveryTimeoutMs")) {
            int deliveryTimeoutMs = args.get("deliveryTimeoutMs").asInt();
            config.put("delivery.timeout.ms", deliveryTimeoutMs);
            config.put("request.timeout.ms", deliveryTimeoutMs / 2);
        }
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        return producer;
    }
}
