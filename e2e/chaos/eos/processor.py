"""A processor with librdkafka: ``processor.py TASK``. Reads standard input only to see its end."""

import json
import os
import random
import sys
import threading

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

TIMEOUT_S = 15
# What it does by default when its only broker is down, to begin anew with the bootstrap servers, leaves it a
# coordinator that nobody connects to: send_offsets_to_transaction then waits without end (librdkafka 5511).
RECOVERY = "none"
MIX_ABORTED_OF_TEN = 3
BANK_ABORTED_OF_TEN = 1
FENCED = (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED)


class Processor:
    def __init__(self, task):
        self.task = task
        self.number = 0
        # Why the last transaction was aborted, where nobody wanted that.
        self.error = None
        self.stopping = threading.Event()
        self.producer = Producer(
            {
                "bootstrap.servers": task["bootstrap"],
                "client.id": task["name"],
                "transactional.id": task["transactionalId"],
                "transaction.timeout.ms": task["transactionTimeoutMs"],
                "metadata.recovery.strategy": RECOVERY,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )

    def run(self):
        threading.Thread(target=self.await_end_of_input, daemon=True).start()
        self.producer.init_transactions(TIMEOUT_S)
        if self.task["mode"] == "bank":
            self.bank()
        else:
            self.mix()

    def await_end_of_input(self):
        while os.read(0, 4096):
            pass
        self.stopping.set()

    def bank(self):
        consumer = Consumer(
            {
                "bootstrap.servers": self.task["bootstrap"],
                "client.id": self.task["name"],
                "group.id": self.task["groupId"],
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "session.timeout.ms": 6000,
                "heartbeat.interval.ms": 500,
                "reconnect.backoff.max.ms": 500,
                "fetch.wait.max.ms": 100,
                "metadata.recovery.strategy": RECOVERY,
                "log_level": 0,
            }
        )
        consumer.subscribe([self.task["input"]])
        say("ready")
        while not self.stopping.is_set():
            messages = [one for one in consumer.consume(5, 0.1) if one.error() is None]
            # Of the generation in which they were read: in a later one they may be another's.
            metadata = consumer.consumer_group_metadata()
            while messages and not self.transact(BANK_ABORTED_OF_TEN, lambda: self.move(messages, metadata)):
                if self.error is not None:
                    # A new process begins at what is committed.
                    raise self.error
        consumer.close()

    def move(self, messages, metadata):
        offsets = {}
        for message in messages:
            name, transfer, source, target, amount = message.value().decode().split(":")[:5]
            self.half("debits", source, f"{name}:{transfer}:{source}:-{amount}")
            self.half("credits", target, f"{name}:{transfer}:{target}:{amount}")
            offsets[message.partition()] = message.offset() + 1
        places = [TopicPartition(self.task["input"], *place) for place in offsets.items()]
        self.producer.send_offsets_to_transaction(places, metadata, TIMEOUT_S)

    def half(self, topic, account, value):
        partition = int(account) % self.task["partitions"]
        self.producer.produce(self.task[topic], key=account, value=value, partition=partition)

    def mix(self):
        say("ready")
        while not self.stopping.is_set():
            self.transact(MIX_ABORTED_OF_TEN, self.send_mixed)

    def send_mixed(self):
        partitions = self.task["mixedPartitions"]
        count = random.randint(2, partitions)
        first = random.randrange(partitions)
        for at in range(count):
            value = f"{self.task['name']}:{self.number}:{at}:{count}"
            self.producer.produce(self.task["mixed"], value=value, partition=(first + at) % partitions)

    def transact(self, aborted_of_ten, work):
        """Whether the transaction was committed."""
        self.number += 1
        self.error = None
        say(f"begin {self.number}")
        self.producer.begin_transaction()
        try:
            work()
            if random.randrange(10) >= aborted_of_ten:
                self.commit()
                say(f"committed {self.number}")
                return True
            self.producer.flush(TIMEOUT_S)
        except KafkaException as thrown:
            if thrown.args[0].fatal():
                raise
            self.error = thrown
            print(f"{self.number}: {thrown}", file=sys.stderr, flush=True)
        self.producer.abort_transaction(TIMEOUT_S)
        say(f"aborted {self.number}")
        return False

    def commit(self):
        while True:
            try:
                self.producer.commit_transaction(TIMEOUT_S)
                return
            except KafkaException as thrown:
                # Its outcome is not known yet: only asking again tells.
                if not thrown.args[0].retriable():
                    raise


def say(line):
    print(line, flush=True)


try:
    Processor(json.loads(sys.argv[1])).run()
except KafkaException as thrown:
    error = thrown.args[0]
    word = "fenced" if error.code() in FENCED else "failed"
    say(f"{word} {error}")
    os._exit(1)
