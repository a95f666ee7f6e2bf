"""A producer and a consumer group; writes to both clusters while the dual-write receiver says so."""

import argparse
import json
import threading
import time
import urllib.request

from confluent_kafka import Consumer, Producer

TOPICS, GROUP = ("orders", "payments.charges"), "billing"
SOURCE_ALIAS, TARGET_ALIAS = "legacy", "redpanda"
RECORDS_PER_SECOND = 50
MARKER = [("dual-write", b"1")]


class Proxy:
    """What stands before the producers: it knows by itself only what it was told last."""

    def __init__(self, *, source: str, target: str, receiver: str) -> None:
        self._source = Producer({"bootstrap.servers": source})
        self._target = Producer({"bootstrap.servers": target, "allow.auto.create.topics": False})
        self._receiver = receiver
        self._engaged = dict.fromkeys(TOPICS, False)

    def write(self, topic: str, number: int) -> None:
        """Writes one record, to both clusters while the topic is engaged; the target's copy is marked."""
        record = {"key": f"customer-{number % 97}", "value": f'{{"number": {number}}}'}
        self._source.produce(topic, **record)
        if self._engaged[topic]:
            self._target.produce(f"{SOURCE_ALIAS}.{topic}", **record, headers=MARKER)
        self._source.poll(0)
        self._target.poll(0)

    def keep_asking(self) -> None:
        """Asks the receiver every second; where it does not answer or does not know, nothing changes."""
        while True:
            for topic in TOPICS:
                self._ask(topic)
            time.sleep(1)

    def _ask(self, topic: str) -> None:
        url = f"{self._receiver}/{SOURCE_ALIAS}/{TARGET_ALIAS}/{topic}"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                engaged = json.load(answer)["engaged"]
        except OSError:
            return
        if engaged is not None and engaged != self._engaged[topic]:
            print(f"{topic}: writing to {'both clusters' if engaged else 'the source'}", flush=True)
            self._engaged[topic] = engaged


def consume(source: str) -> None:
    """A consumer group on the source, which the mirror translates."""
    consumer = Consumer({"bootstrap.servers": source, "group.id": GROUP, "auto.offset.reset": "earliest"})
    consumer.subscribe(list(TOPICS))
    while True:
        consumer.poll(1)


def main() -> None:
    """Writes until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--source", "--target", "--dual-write"):
        parser.add_argument(option, required=True)
    given = parser.parse_args()
    proxy = Proxy(source=given.source, target=given.target, receiver=given.dual_write)
    threading.Thread(target=consume, args=(given.source,), daemon=True).start()
    threading.Thread(target=proxy.keep_asking, daemon=True).start()
    number = 0
    while True:
        proxy.write(TOPICS[number % len(TOPICS)], number)
        number += 1
        time.sleep(1 / RECORDS_PER_SECOND)


if __name__ == "__main__":
    main()
