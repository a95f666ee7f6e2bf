"""One post: signed over its raw bytes, accepted by 2xx alone, and nothing secret in what is said of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_mirror_exporter.config import read_secret
from kafka_mirror_exporter.config.clusters import SecretConfig
from kafka_mirror_exporter.errors import NotDelivered
from kafka_mirror_exporter.notify.webhook import Webhook, signature

from rig.listener import Listener


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


def webhook(listener: Listener, *, shared: str = "k", **headers: str) -> Webhook:
    return Webhook(listener.url, headers=headers, secret=lambda: shared, timeout_seconds=0.5)


def test_a_post_is_signed_and_carries_the_configured_headers(listener: Listener) -> None:
    webhook(listener, shared="s3cret", **{"X-Site": "a"}).post(b'{"topic": "\xc3\xa9"}')
    (post,) = listener.accepted

    assert post.body == b'{"topic": "\xc3\xa9"}'
    assert post.is_signed_with("s3cret")
    assert not post.is_signed_with("other")
    assert (post.headers["x-site"], post.headers["content-type"]) == ("a", "application/json")


def test_the_signature_is_the_one_of_rfc_4231() -> None:
    """Test case 2 of the RFC."""
    assert signature("Jefe", b"what do ya want for nothing?") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_whatever_is_not_2xx_is_not_accepted(listener: Listener, status: int) -> None:
    listener.status = status

    with pytest.raises(NotDelivered, match=f"it answered {status}"):
        webhook(listener).post(b"{}")
    assert len(listener.refused) == 1


def test_a_receiver_that_does_not_answer_in_time_has_not_accepted(listener: Listener) -> None:
    listener.is_answering.clear()

    with pytest.raises(NotDelivered, match="ReadTimeout"):
        webhook(listener).post(b"{}")


def test_what_is_said_of_a_failure_holds_nothing_of_the_address() -> None:
    hidden = Webhook("http://user:pass@127.0.0.1:1/token", headers={}, secret=lambda: "k")

    with pytest.raises(NotDelivered) as raised:
        hidden.post(b"{}")
    assert str(raised.value) == "ConnectionError"


def test_a_secret_is_read_for_every_attempt(listener: Listener, tmp_path: Path) -> None:
    file = tmp_path / "hmac"
    place = SecretConfig(file=file)
    hook = Webhook(
        listener.url, headers={}, secret=lambda: read_secret(place, path="notify.webhooks[0].secret")
    )
    with pytest.raises(NotDelivered, match=r"notify.webhooks\[0\].secret: the file .* cannot be read"):
        hook.post(b"{}")
    for secret in ("first", "second"):
        file.write_text(f"{secret}\n")
        hook.post(b"{}")

    assert [
        post.is_signed_with(s) for post, s in zip(listener.accepted, ("first", "second"), strict=True)
    ] == [True] * 2
