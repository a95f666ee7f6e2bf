"""One post to an Alertmanager: where it goes, by whose name, and how a moment is written."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kafka_mirror_exporter.errors import ConfigError, Fault, NotDelivered
from kafka_mirror_exporter.notify import Alertmanager, posted_alert

from rig.listener import Listener


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


def test_it_authenticates_by_what_it_reads_for_every_attempt(listener: Listener) -> None:
    passwords = iter(["old", "new"])
    manager = Alertmanager(listener.url, username="kme", password=lambda: next(passwords))
    manager.post(b"[]")
    manager.post(b"[]")
    Alertmanager(listener.url, token=lambda: "t0k").post(b"[]")
    Alertmanager(listener.url).post(b"[]")

    # The examples of RFC 7617 and RFC 6750, with other words.
    assert [post.headers.get("authorization") for post in listener.accepted] == [
        "Basic a21lOm9sZA==", "Basic a21lOm5ldw==", "Bearer t0k", None,
    ]  # fmt: skip
    assert {post.headers["content-type"] for post in listener.accepted} == {"application/json"}


def test_a_secret_that_cannot_be_read_is_said_and_nothing_is_sent(listener: Listener) -> None:
    def missing() -> str:
        raise ConfigError([Fault(path="notify.alertmanagers[0].password", sentence="it is gone")])

    with pytest.raises(NotDelivered, match="it is gone"):
        Alertmanager(listener.url, username="kme", password=missing).post(b"[]")
    assert listener.accepted == []


def test_a_file_of_authorities_that_is_not_there_is_named() -> None:
    with pytest.raises(NotDelivered, match=r"the file /nowhere/ca\.pem of trusted authorities"):
        Alertmanager("https://127.0.0.1:1", ca_file="/nowhere/ca.pem").post(b"[]")


def test_moments_are_written_with_their_zone_and_own_labels_win() -> None:
    alert = posted_alert(
        labels={"alertname": "A", "source": "legacy"},
        external_labels={"site": "east", "source": "other"},
        annotations={"summary": "s"},
        since=1_790_000_000.25,
        lapses_at=1_790_000_120.25,
        generator_url="https://kme.test",
    )

    assert alert["labels"] == {"alertname": "A", "source": "legacy", "site": "east"}
    assert alert["startsAt"] == "2026-09-21T14:13:20.250+00:00"
    assert datetime.fromisoformat(str(alert["endsAt"])) == datetime(
        2026, 9, 21, 14, 15, 20, 250_000, tzinfo=UTC
    )
    assert alert["generatorURL"] == "https://kme.test"
