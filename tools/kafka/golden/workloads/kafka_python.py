"""Sends the requests that kafka-python knows, with a little data: kafka_python.py HOST:PORT"""

import sys

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.structs import OffsetAndMetadata

bootstrap = sys.argv[1]
topic, group = "golden-kafka-python", "golden-kafka-python-group"
common = {"bootstrap_servers": bootstrap, "client_id": "golden"}

admin = KafkaAdminClient(**common)
admin.create_topics([NewTopic(topic, 1, 1)])
admin.create_partitions({topic: NewPartitions(2)})
admin.describe_topics([topic])
admin.describe_cluster()
resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "86400000"})
admin.alter_configs([resource])
admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": None})])

producer = KafkaProducer(**common, acks="all")
producer.send(topic, b"v", b"k", [("h", b"1")], 0, 1760000000000).get(30)
producer.close()

consumer = KafkaConsumer(
    topic, **common, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
    heartbeat_interval_ms=100, session_timeout_ms=6000, consumer_timeout_ms=30000,
)
next(consumer)
partition = TopicPartition(topic, 0)
consumer.commit({partition: OffsetAndMetadata(1, "m")})
consumer.committed(partition)
consumer.offsets_for_times({partition: 1760000000000})
consumer.poll(timeout_ms=500)
admin.list_consumer_groups()
admin.describe_consumer_groups([group])
admin.list_consumer_group_offsets(group)
consumer.close()
admin.delete_consumer_groups([group])
admin.delete_topics([topic])
admin.close()
