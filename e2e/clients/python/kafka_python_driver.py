"""kafka-python 2.0.2, pure Python: kafka_python_driver.py HOST:PORT"""

import sys
import threading

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.errors import BrokerResponseError, for_code
from kafka.structs import OffsetAndMetadata

from driver import CallError, Worker, serve, to_bytes, to_text

TIMEOUT = 30


class Driver:
    def __init__(self, bootstrap):
        self.common = {"bootstrap_servers": bootstrap, "client_id": "e2e-kafka-python"}
        self.lock = threading.Lock()
        self.admin = KafkaAdminClient(**self.common)
        self.workers = {}

    @staticmethod
    def error_code(error):
        return error.errno if isinstance(error, BrokerResponseError) else None

    def produce(self, topic, records, codec, acks, requestBytesMax=None):
        config = {
            **self.common,
            "acks": acks,
            "compression_type": None if codec == "none" else codec,
            "linger_ms": 20,
        }
        if requestBytesMax is not None:
            config["max_request_size"] = requestBytesMax
        producer = KafkaProducer(**config)
        try:
            futures = [
                producer.send(
                    topic,
                    to_bytes(record["value"]),
                    to_bytes(record["key"]),
                    [(name, to_bytes(value)) for name, value in record["headers"]],
                    record["partition"],
                    record.get("timestamp"),
                )
                for record in records
            ]
            sent = [future.get(TIMEOUT) for future in futures]
        finally:
            producer.close()
        return {"lastOffsets": {one.partition: one.offset for one in sent} if acks != 0 else None}

    def open(self, consumer, topic, partitions, **more):
        client = self._consumer({})
        position = more["from"]
        wanted = [TopicPartition(topic, partition) for partition in partitions]
        client.assign(wanted)
        if position["kind"] == "timestamp":
            found = client.offsets_for_times({where: position["timestamp"] for where in wanted})
            for where in wanted:
                client.seek(where, found[where].offset)
        for where in wanted:
            if position["kind"] == "beginning":
                client.seek_to_beginning(where)
            elif position["kind"] == "end":
                client.seek_to_end(where)
            elif position["kind"] == "offset":
                client.seek(where, position["offset"])
            client.position(where)
        self._start(consumer, client)

    def join(self, consumer, group, topics, protocol, assignor):
        client = self._consumer(
            {
                "group_id": group,
                "auto_offset_reset": "earliest",
                "session_timeout_ms": 10000,
                "heartbeat_interval_ms": 300,
            }
        )
        worker = self._start(consumer, client)
        joined = threading.Event()

        class Listener(ConsumerRebalanceListener):
            def on_partitions_assigned(self, assigned):
                worker.assignment = {f"{p.topic}/{p.partition}" for p in assigned}
                joined.set()

            def on_partitions_revoked(self, revoked):
                worker.assignment = set()

        worker.run(lambda: client.subscribe(topics, listener=Listener()))
        if not joined.wait(TIMEOUT):
            raise CallError(None, f"not joined within {TIMEOUT} s")

    def read(self, consumer, count, withinMs):
        return self.workers[consumer].read(count, withinMs)

    def assignment(self, consumer):
        return sorted(self.workers[consumer].assignment)

    def commit(self, consumer):
        worker = self.workers[consumer]
        offsets = {
            TopicPartition(*where): OffsetAndMetadata(offset, "")
            for where, offset in worker.owned_positions().items()
        }
        worker.run(lambda: worker.client.commit(offsets))

    def close(self, consumer):
        self.workers.pop(consumer).stop()

    def createTopic(self, topic, partitions, configs):
        self._admin("create_topics", [NewTopic(topic, partitions, 1, topic_configs=configs)])

    def listTopics(self):
        return self._admin("list_topics")

    def countPartitions(self, topic):
        return len(self._admin("describe_topics", [topic])[0]["partitions"])

    def createPartitions(self, topic, count):
        self._admin("create_partitions", {topic: NewPartitions(count)})

    def deleteTopic(self, topic):
        self._admin("delete_topics", [topic])

    def describeConfig(self, topic, name):
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: None})
        (response,) = self._admin("describe_configs", [resource])
        (entry,) = response.resources[0][4]
        return entry[1]

    def alterConfig(self, topic, name, value):
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})
        response = self._admin("alter_configs", [resource])
        code, message = response.resources[0][:2]
        if code != 0:
            raise for_code(code)(message)

    def listOffset(self, topic, partition, at):
        where = TopicPartition(topic, partition)
        client = self._consumer({})
        try:
            if at == "earliest":
                return client.beginning_offsets([where])[where]
            if at == "latest":
                return client.end_offsets([where])[where]
            found = client.offsets_for_times({where: at})[where]
            return -1 if found is None else found.offset
        finally:
            client.close()

    def listGroups(self):
        return [name for name, _ in self._admin("list_consumer_groups")]

    def describeGroup(self, group):
        (described,) = self._admin("describe_consumer_groups", [group])
        return {"state": described.state, "memberCount": len(described.members)}

    def committedOffsets(self, group, topic):
        committed = self._admin("list_consumer_group_offsets", group)
        return {
            where.partition: found.offset
            for where, found in committed.items()
            if where.topic == topic and found.offset >= 0
        }

    def alterOffsets(self, group, topic, offsets):
        client = self._consumer({"group_id": group})
        try:
            client.commit(
                {
                    TopicPartition(topic, int(partition)): OffsetAndMetadata(offset, "")
                    for partition, offset in offsets.items()
                }
            )
        finally:
            client.close()

    def deleteGroup(self, group):
        ((_, error),) = self._admin("delete_consumer_groups", [group])
        if error.errno != 0:
            raise error

    def shutdown(self):
        for name in list(self.workers):
            self.close(name)
        self.admin.close()

    def _admin(self, method, *args):
        # The client is not made for several threads.
        with self.lock:
            return getattr(self.admin, method)(*args)

    def _consumer(self, config):
        return KafkaConsumer(**self.common, enable_auto_commit=False, fetch_max_wait_ms=100, **config)

    def _start(self, name, client):
        def poll():
            if not (client.subscription() or client.assignment()):
                return []
            polled = client.poll(timeout_ms=50)
            return [to_record(record) for records in polled.values() for record in records]

        worker = Worker(poll, client.close)
        worker.client = client
        self.workers[name] = worker
        return worker


def to_record(record):
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": to_text(record.key),
        "value": to_text(record.value),
        "headers": [[name, to_text(value)] for name, value in record.headers],
    }


if __name__ == "__main__":
    serve(Driver(sys.argv[1]))
