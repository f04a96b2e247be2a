"""Sends the requests that Debian's librdkafka knows, with a little data: confluent.py HOST:PORT SASL_HOST:PORT"""

import sys

from confluent_kafka import Consumer, DeserializingConsumer, Producer, TopicPartition  # noqa: F401
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

bootstrap, sasl_bootstrap = sys.argv[1:3]
topic, group = "golden-librdkafka", "golden-librdkafka-group"
common = {"bootstrap.servers": bootstrap, "client.id": "golden"}


def wait(futures):
    for future in futures.values():
        future.result(30)


admin = AdminClient(common)
wait(admin.create_topics([NewTopic(topic, 1, 1)]))
wait(admin.create_partitions([NewPartitions(topic, 2)]))
resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
resource.set_config("retention.ms", "86400000")
wait(admin.alter_configs([resource]))

for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
    producer = Producer({**common, "enable.idempotence": True, "compression.type": codec})
    producer.produce(topic, b"v" * 100, b"k", 0, timestamp=1760000000000, headers=[("h", b"1"), ("n", None)])
    producer.produce(topic, None, b"k", 0, timestamp=1760000000001)
    producer.flush(30)

consumer = Consumer({**common, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False})
consumer.subscribe([topic])
seen = 0
while seen < 10:
    message = consumer.poll(30)
    assert message is not None and message.error() is None, message
    seen += 1
consumer.commit(asynchronous=False)
consumer.committed([TopicPartition(topic, 0)], timeout=30)
consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
consumer.offsets_for_times([TopicPartition(topic, 0, 1760000000001)], timeout=30)
AdminClient(common).list_groups(timeout=30)
consumer.close()

transactional = Producer({**common, "transactional.id": "golden-librdkafka-txn"})
transactional.init_transactions(30)
transactional.begin_transaction()
transactional.produce(topic, b"t", partition=0)
reader = Consumer({**common, "group.id": group})
transactional.send_offsets_to_transaction(
    [TopicPartition(topic, 0, 2)], reader.consumer_group_metadata(), 30
)
transactional.commit_transaction(30)
reader.close()

sasl = {
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "PLAIN",
    "sasl.username": "alice",
    "sasl.password": "secret",
}
AdminClient({**common, **sasl, "bootstrap.servers": sasl_bootstrap}).list_topics(timeout=30)
wait(admin.delete_topics([topic]))
