"""librdkafka through confluent-kafka, Debian's as well as the newest: confluent_driver.py HOST:PORT"""

import sys
import threading

import confluent_kafka
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

from driver import CallError, Worker, serve, to_bytes, to_text

TIMEOUT = 30


class Driver:
    def __init__(self, bootstrap):
        self.common = {"bootstrap.servers": bootstrap, "client.id": "e2e-confluent"}
        self.admin = AdminClient(self.common)
        self.workers = {}

    @staticmethod
    def error_code(error):
        first = error.args[0] if isinstance(error, KafkaException) and error.args else None
        code = first.code() if isinstance(first, KafkaError) else None
        return code if code is not None and code >= 0 else None

    def produce(self, topic, records, codec, acks, idempotent=False, requestBytesMax=None):
        config = {
            **self.common,
            "acks": acks,
            "compression.type": codec,
            "enable.idempotence": idempotent,
            "linger.ms": 20,
        }
        if requestBytesMax is not None:
            config["message.max.bytes"] = requestBytesMax
        producer = Producer(config)
        last_offsets, errors = {}, []

        def delivered(error, message):
            if error is not None:
                errors.append(error)
            else:
                last_offsets[message.partition()] = message.offset()

        for record in records:
            producer.produce(
                topic,
                to_bytes(record["value"]),
                to_bytes(record["key"]),
                record["partition"],
                on_delivery=delivered,
                timestamp=record.get("timestamp", 0),
                headers=[(name, to_bytes(value)) for name, value in record["headers"]],
            )
            producer.poll(0)
        left = producer.flush(TIMEOUT)
        if errors:
            raise KafkaException(errors[0])
        if left > 0:
            raise CallError(None, f"{left} records were not delivered")
        return {"lastOffsets": last_offsets if acks != 0 else None}

    def open(self, consumer, topic, partitions, **more):
        client = self._consumer({"group.id": "open", "enable.auto.offset.store": False})
        position = more["from"]
        wanted = [TopicPartition(topic, partition) for partition in partitions]
        for partition in wanted:
            if position["kind"] == "beginning":
                partition.offset = OFFSET_BEGINNING
            elif position["kind"] == "offset":
                partition.offset = position["offset"]
            elif position["kind"] == "end":
                # Asked for here, so that the position is known when this call returns.
                partition.offset = client.get_watermark_offsets(partition, timeout=TIMEOUT)[1]
            else:
                partition.offset = position["timestamp"]
        if position["kind"] == "timestamp":
            wanted = client.offsets_for_times(wanted, timeout=TIMEOUT)
        client.assign(wanted)
        self._start(consumer, client)

    def join(self, consumer, group, topics, protocol, assignor, instanceId=None, pattern=None):
        config = {"group.id": group, "auto.offset.reset": "earliest"}
        if protocol == "consumer":
            config["group.protocol"] = "consumer"
        else:
            config["session.timeout.ms"] = 10000
            config["heartbeat.interval.ms"] = 300
            config["partition.assignment.strategy"] = (
                "cooperative-sticky" if assignor == "cooperative" else "range"
            )
        if instanceId is not None:
            config["group.instance.id"] = instanceId
        if pattern is not None:
            # librdkafka takes a topic that begins with ^ for an expression.
            topics = [f"^{pattern}"]
        client = self._consumer(config)
        worker = self._start(consumer, client)
        joined = threading.Event()

        def assigned(_, partitions):
            worker.assignment |= {f"{p.topic}/{p.partition}" for p in partitions}
            joined.set()

        def revoked(_, partitions):
            worker.assignment -= {f"{p.topic}/{p.partition}" for p in partitions}

        worker.run(lambda: client.subscribe(topics, on_assign=assigned, on_revoke=revoked))
        if not joined.wait(TIMEOUT):
            raise CallError(None, f"not joined within {TIMEOUT} s")

    def read(self, consumer, count, withinMs):
        return self.workers[consumer].read(count, withinMs)

    def assignment(self, consumer):
        return sorted(self.workers[consumer].assignment)

    def commit(self, consumer):
        worker = self.workers[consumer]
        offsets = [TopicPartition(*where, offset) for where, offset in worker.owned_positions().items()]
        worker.run(lambda: worker.client.commit(offsets=offsets, asynchronous=False))

    def close(self, consumer):
        self.workers.pop(consumer).stop()

    def createTopic(self, topic, partitions, configs):
        self._wait(self.admin.create_topics([NewTopic(topic, partitions, 1, config=configs)]))

    def listTopics(self):
        return list(self.admin.list_topics(timeout=TIMEOUT).topics)

    def countPartitions(self, topic):
        return len(self.admin.list_topics(topic, timeout=TIMEOUT).topics[topic].partitions)

    def createPartitions(self, topic, count):
        self._wait(self.admin.create_partitions([NewPartitions(topic, count)]))

    def deleteTopic(self, topic):
        self._wait(self.admin.delete_topics([topic]))

    def describeConfig(self, topic, name):
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        return self._wait(self.admin.describe_configs([resource]))[name].value

    def alterConfig(self, topic, name, value):
        if not hasattr(self.admin, "incremental_alter_configs"):
            resource = ConfigResource(ConfigResource.Type.TOPIC, topic, set_config={name: value})
            self._wait(self.admin.alter_configs([resource]))
            return
        from confluent_kafka.admin import AlterConfigOpType, ConfigEntry

        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(
            ConfigResource.Type.TOPIC, topic, incremental_configs=[entry]
        )
        self._wait(self.admin.incremental_alter_configs([resource]))

    def deleteRecords(self, topic, partition, before):
        self._wait(self.admin.delete_records([TopicPartition(topic, partition, before)]))

    def listOffset(self, topic, partition, at):
        client = self._consumer({"group.id": "offsets"})
        try:
            where = TopicPartition(topic, partition)
            if at in ("earliest", "latest"):
                low, high = client.get_watermark_offsets(where, timeout=TIMEOUT)
                return low if at == "earliest" else high
            where.offset = at
            return client.offsets_for_times([where], timeout=TIMEOUT)[0].offset
        finally:
            client.close()

    def listGroups(self):
        return [group.id for group in self.admin.list_groups(timeout=TIMEOUT)]

    def describeGroup(self, group):
        if not hasattr(self.admin, "describe_consumer_groups"):
            described = self.admin.list_groups(group, timeout=TIMEOUT)[0]
            return {"state": described.state, "memberCount": len(described.members)}
        described = self._wait(self.admin.describe_consumer_groups([group]))
        state = "".join(word.title() for word in described.state.name.split("_"))
        return {"state": state, "memberCount": len(described.members)}

    def committedOffsets(self, group, topic):
        if not hasattr(self.admin, "list_consumer_group_offsets"):
            client = self._consumer({"group.id": group})
            try:
                count = self.countPartitions(topic)
                wanted = [TopicPartition(topic, partition) for partition in range(count)]
                committed = client.committed(wanted, timeout=TIMEOUT)
            finally:
                client.close()
        else:
            request = [confluent_kafka.ConsumerGroupTopicPartitions(group)]
            committed = self._wait(
                self.admin.list_consumer_group_offsets(request)
            ).topic_partitions
        return {p.partition: p.offset for p in committed if p.offset >= 0 and p.topic == topic}

    def alterOffsets(self, group, topic, offsets):
        wanted = [TopicPartition(topic, int(p), offset) for p, offset in offsets.items()]
        request = [confluent_kafka.ConsumerGroupTopicPartitions(group, wanted)]
        self._wait(self.admin.alter_consumer_group_offsets(request))

    def deleteGroup(self, group):
        self._wait(self.admin.delete_consumer_groups([group]))

    def shutdown(self):
        for name in list(self.workers):
            self.close(name)

    def _consumer(self, config):
        return Consumer({**self.common, "enable.auto.commit": False, "fetch.wait.max.ms": 100, **config})

    def _start(self, name, client):
        def poll():
            records = []
            for message in client.consume(100, 0.05):
                if message.error() is not None:
                    raise KafkaException(message.error())
                records.append(to_record(message))
            return records

        worker = Worker(poll, client.close)
        worker.client = client
        self.workers[name] = worker
        return worker

    @staticmethod
    def _wait(futures):
        (future,) = futures.values()
        return future.result(TIMEOUT)


def to_record(message):
    return {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp()[1],
        "key": to_text(message.key()),
        "value": to_text(message.value()),
        "headers": [[name, to_text(value)] for name, value in message.headers() or []],
    }


if __name__ == "__main__":
    serve(Driver(sys.argv[1]))
