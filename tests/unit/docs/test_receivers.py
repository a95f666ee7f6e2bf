"""The reference receivers, in both languages, as processes: they verify, order, expire, and combine instances."""

import hashlib
import hmac
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from kafka_mirror_exporter.demo.stand import Stand
from unit.app.demo_mirror import DEMO_FALLBACK, demo_mirror

from rig.process import free_ports, wait_until
from rig.served import ServedFallback

RECEIVERS = Path(__file__).parents[3] / "docs" / "receivers"
SHARED = "s3cret"
WORDS = {"engaged": True, "released": False, "unknown": None}


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sequence[str]]:
    """How each receiver is started; Go's is built in module mode of its own, with nothing but the standard library."""
    built = tmp_path_factory.mktemp("go") / "receiver"
    go = shutil.which("go")
    assert go is not None, "go is missing: make system-packages"
    environment = os.environ | {"GO111MODULE": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    subprocess.run(
        [go, "build", "-o", str(built), str(RECEIVERS / "receiver.go")], check=True, env=environment
    )
    return {"python": [sys.executable, str(RECEIVERS / "receiver.py")], "go": [str(built)]}


@dataclass(slots=True)
class Receiver:
    port: int
    sequences: dict[str, int] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def is_up(self) -> bool:
        try:
            return self.ask("GET", "/a/b/c")[0] == 200
        except OSError:
            return False

    def say(
        self, word: str, *, instance: str = "kme-0", topic: str = "orders", sequence: int = 0, lasts: float = 90.0,
        signed_with: str = SHARED,
    ) -> bool:  # fmt: skip
        """What an instance says, by a clock that is an hour late; whether it was accepted."""
        number = sequence or self.sequences.get(instance, 1_000) + 1
        self.sequences[instance] = max(number, self.sequences.get(instance, 0))
        at = time.time() - 3_600
        content = {
            "instance": instance, "sequence": number, "generated_at": at, "valid_until": at + lasts,
            "external_url": None, "source": "legacy", "target": "redpanda", "topic": topic,
            "target_topic": f"legacy.{topic}", "engaged": WORDS[word], "since": at, "reason": "", "blind": False,
        }  # fmt: skip
        body = json.dumps(content).encode()
        signature = "sha256=" + hmac.new(signed_with.encode(), body, hashlib.sha256).hexdigest()
        return self.ask("POST", "/fallback", body, {"X-Kafka-Mirror-Signature": signature})[0] < 300

    def state(
        self, topic: str = "orders", *, source: str = "legacy", target: str = "redpanda"
    ) -> dict[str, Any]:
        return json.loads(self.ask("GET", f"/{source}/{target}/{quote(topic)}")[1])

    @property
    def engaged(self) -> bool | None:
        return self.state()["engaged"]


@pytest.fixture(params=["python", "go"])
def receiver(request: pytest.FixtureRequest, commands: dict[str, Sequence[str]]) -> Iterator[Receiver]:
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [*commands[request.param], str(port)],
        env=os.environ | {"FALLBACK_SECRET": SHARED},
        stderr=subprocess.DEVNULL,
    )
    try:
        receiver = Receiver(port)
        wait_until(receiver.is_up, seconds=30, what="the receiver listens")
        yield receiver
    finally:
        process.kill()
        process.wait()


def test_it_follows_what_it_is_told(receiver: Receiver) -> None:
    assert receiver.engaged is None
    states = []
    for word in ("unknown", "engaged", "unknown", "released"):
        assert receiver.say(word)
        states.append(receiver.engaged)

    assert states == [None, True, True, False]


def test_it_believes_nobody_who_does_not_know_the_secret(receiver: Receiver) -> None:
    receiver.say("engaged")

    assert not receiver.say("released", signed_with="guessed")
    assert not receiver.say("released", signed_with="")
    assert receiver.engaged is True


def test_a_post_that_comes_late_changes_nothing(receiver: Receiver) -> None:
    receiver.say("released", sequence=1_005)
    receiver.say("engaged", sequence=1_007)

    assert receiver.say("released", sequence=1_006)
    assert receiver.say("released", sequence=1_007)
    assert receiver.engaged is True


def test_of_two_instances_one_engages_and_both_release(receiver: Receiver) -> None:
    receiver.say("released", instance="kme-0")
    receiver.say("engaged", instance="kme-1")
    states = [receiver.engaged]
    for word, instance in (
        ("engaged", "kme-0"),
        ("released", "kme-1"),
        ("unknown", "kme-0"),
        ("released", "kme-0"),
    ):
        receiver.say(word, instance=instance)
        states.append(receiver.engaged)

    assert states == [True, True, True, True, False]


def test_a_word_that_expires_is_kept_and_said_aloud(receiver: Receiver) -> None:
    receiver.say("engaged", lasts=0.05)
    wait_until(lambda: "kme-0" in receiver.state()["expired"], seconds=30, what="it expires")
    kept = receiver.engaged
    receiver.say("engaged")

    assert kept is True
    assert receiver.state() == {"engaged": True, "expired": []}


def test_topics_are_apart_and_a_whole_mirror_engages_them_all(receiver: Receiver) -> None:
    receiver.say("engaged", topic="audit")
    receiver.say("released", topic="orders")
    apart = receiver.engaged
    receiver.say("engaged", topic="")

    assert (apart, receiver.engaged) == (False, True)


def test_both_are_short_and_stand_alone() -> None:
    assert {path.name: len(path.read_text().splitlines()) < 80 for path in RECEIVERS.iterdir()} == {
        "receiver.py": True,
        "receiver.go": True,
    }


def test_it_understands_what_the_exporter_really_posts(receiver: Receiver, tmp_path: Path) -> None:
    stand = Stand(rate=50)
    served = ServedFallback(
        tmp_path, demo_mirror(stand), fallback=DEMO_FALLBACK, environment={"SHARED": SHARED}
    )
    url = f"http://127.0.0.1:{receiver.port}/"
    served.notify = {"webhooks": [{"url": url, "secret": {"env": "SHARED"}}]}
    try:
        served.start()
        wait_until(
            lambda: receiver.state(target="modern")["engaged"] is False,
            seconds=30,
            what="it is told of a release",
        )
        stand.press("stall", topic="orders")
        wait_until(
            lambda: receiver.state(target="modern")["engaged"] is True,
            seconds=30,
            what="it is told of a breach",
        )
    finally:
        served.kill()
        stand.close()
