"""Transactional producers of librdkafka, driven by lines of JSON: ``transaction_driver.py HOST:PORT``. Producers have names."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../clients/python"))

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition, libversion  # noqa: E402
from driver import CallError, serve  # noqa: E402

TIMEOUT_S = 20
# Without it send_offsets_to_transaction may wait without end once a connection was lost (librdkafka 5511).
RECOVERY = {"metadata.recovery.strategy": "none"} if libversion()[1] >= 0x020B0000 else {}


class TransactionDriver:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.producers = {}

    def start(self, producer, transactionalId, timeoutMs, deliveryTimeoutMs=None):
        config = {
            "bootstrap.servers": self.bootstrap,
            "client.id": "e2e-librdkafka",
            "transactional.id": transactionalId,
            "transaction.timeout.ms": timeoutMs,
            **RECOVERY,
        }
        if deliveryTimeoutMs is not None:
            config["delivery.timeout.ms"] = deliveryTimeoutMs
            config["socket.timeout.ms"] = deliveryTimeoutMs // 2
        made = Producer(config)
        made.init_transactions(TIMEOUT_S)
        self.producers[producer] = made

    def begin(self, producer):
        self.producers[producer].begin_transaction()

    def send(self, producer, topic, partition, value):
        failures = []

        def delivered(error, _message):
            if error is not None:
                failures.append(error)

        made = self.producers[producer]
        made.produce(topic, value=value, partition=partition, on_delivery=delivered)
        left = made.flush(TIMEOUT_S)
        if failures or left > 0:
            raise CallError(failures[0].code() if failures else None, f"not delivered: {failures}")

    def sendOffset(self, producer, groupId, topic, partition, offset):
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": groupId})
        try:
            place = TopicPartition(topic, partition, offset)
            metadata = consumer.consumer_group_metadata()
            self.producers[producer].send_offsets_to_transaction([place], metadata, TIMEOUT_S)
        finally:
            consumer.close()

    def commit(self, producer):
        self.producers[producer].commit_transaction(TIMEOUT_S)

    def abort(self, producer):
        self.producers[producer].abort_transaction(TIMEOUT_S)

    def close(self, producer):
        del self.producers[producer]

    def error_code(self, error):
        return error.args[0].code() if isinstance(error, KafkaException) else None

    def shutdown(self):
        self.producers.clear()


serve(TransactionDriver(sys.argv[1]))
