import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own clients, driven by lines of JSON on standard input: {@code java Driver HOST:PORT}. Each call runs on a thread of
 * its own, so that a waiting read does not hold up the others.
 */
public class Driver {
    static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream output = System.out;
    private final Map<String, Object> common;
    private final Administration administration;
    private final Map<String, GroupMember> consumers = new ConcurrentHashMap<>();

    Driver(String bootstrap) {
        common = Map.of("bootstrap.servers", bootstrap, "client.id", "e2e-java");
        administration = new Administration(common);
    }

    public static void main(String[] args) throws Exception {
        Driver driver = new Driver(args[0]);
        ExecutorService threads = Executors.newCachedThreadPool();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 20);
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            JsonNode request = JSON.readTree(line);
            threads.submit(() -> driver.answer(request));
        }
        threads.shutdown();
        threads.awaitTermination(10, TimeUnit.SECONDS);
        for (GroupMember consumer : driver.consumers.values()) {
            consumer.close();
        }
        driver.administration.close();
    }

    private void answer(JsonNode request) {
        ObjectNode answer = JSON.createObjectNode().set("id", request.get("id"));
        try {
            answer.set("result", JSON.valueToTree(call(request.get("call").asText(), request.get("args"))));
        } catch (Throwable thrown) {
            Throwable cause = thrown;
            while ((cause instanceof ExecutionException || cause instanceof CompletionException) && cause.getCause() != null) {
                cause = cause.getCause();
            }
            Errors error = Errors.forException(cause);
            ObjectNode description = answer.putObject("error").put("message", cause.toString());
            description.set("code", JSON.valueToTree(error == Errors.UNKNOWN_SERVER_ERROR ? null : error.code()));
        }
        synchronized (output) {
            output.println(answer);
            output.flush();
        }
    }

    private Object call(String name, JsonNode args) throws Exception {
        switch (name) {
            case "produce":
                return produce(args);
            case "open":
                consumers.put(args.get("consumer").asText(), GroupMember.open(common, args));
                return null;
            case "join":
                consumers.put(args.get("consumer").asText(), GroupMember.join(common, args));
                return null;
            case "read":
                return consumer(args).read(args.get("count").asInt(), args.get("withinMs").asLong());
            case "assignment":
                return consumer(args).assignment();
            case "commit":
                consumer(args).commit();
                return null;
            case "close":
                consumers.remove(args.get("consumer").asText()).close();
                return null;
            default:
                return administration.call(name, args);
        }
    }

    private GroupMember consumer(JsonNode args) {
        return consumers.get(args.get("consumer").asText());
    }

    private Object produce(JsonNode args) throws Exception {
        int acks = args.get("acks").asInt();
        Map<String, Object> config = new HashMap<>(common);
        config.put("acks", String.valueOf(acks));
        config.put("compression.type", args.get("codec").asText());
        config.put("enable.idempotence", args.path("idempotent").asBoolean(false));
        config.put("linger.ms", 20);
        config.put("delivery.timeout.ms", 30_000);
        config.put("request.timeout.ms", 20_000);
        if (args.has("requestBytesMax")) {
            config.put("max.request.size", args.get("requestBytesMax").asInt());
        }
        Map<Integer, Long> lastOffsets = new TreeMap<>();
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            Map<Integer, Future<RecordMetadata>> lastSent = new TreeMap<>();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (JsonNode record : args.get("records")) {
                Future<RecordMetadata> future = producer.send(Records.fromJson(args.get("topic").asText(), record));
                lastSent.put(record.get("partition").asInt(), future);
                sent.add(future);
            }
            for (Future<RecordMetadata> future : sent) {
                future.get(30, TimeUnit.SECONDS);
            }
            for (Map.Entry<Integer, Future<RecordMetadata>> last : lastSent.entrySet()) {
                lastOffsets.put(last.getKey(), last.getValue().get().offset());
            }
        }
        Map<String, Object> result = new HashMap<>();
        result.put("lastOffsets", acks == 0 ? null : lastOffsets);
        return result;
    }
}
