"""Secrets: followed when they change, and shown nowhere."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_mirror_exporter.app.mirror import OpenMirror
from kafka_mirror_exporter.clusters import open_reader
from kafka_mirror_exporter.config import load_config
from kafka_mirror_exporter.demo.brokers import EmbeddedBroker
from kafka_mirror_exporter.errors import ConfigError
from kafka_mirror_exporter.poll.ledger import Ledger

PLANTED = "s3cr3t-planted"


@pytest.fixture
def brokers() -> Iterator[tuple[EmbeddedBroker, EmbeddedBroker]]:
    pair = EmbeddedBroker(), EmbeddedBroker()
    yield pair
    for broker in pair:
        broker.close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(PLANTED)
    return file


@pytest.fixture
def mirror(
    tmp_path: Path, secret: Path, brokers: tuple[EmbeddedBroker, EmbeddedBroker]
) -> Iterator[OpenMirror]:
    file = tmp_path / "mirror.yaml"
    # A secret property that plain connections carry along without using it.
    file.write_text(
        f"""
mirrors:
  - source:
      bootstrap_servers: "{brokers[0].bootstrap_servers}"
      client_secrets: {{ssl.key.password: {{file: {secret.name}}}}}
    target: {{bootstrap_servers: "{brokers[1].bootstrap_servers}"}}
"""
    )
    config = load_config(file).config
    mirror = OpenMirror(config, config.mirrors[0], ledger=Ledger())
    try:
        yield mirror
    finally:
        mirror.close(timeout=2)


def test_a_changed_secret_makes_new_connections_and_the_mirror_goes_on(
    mirror: OpenMirror, secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert mirror.poll().sides["source"].up
    secret.write_text("another")
    reading = mirror.poll()

    assert reading.sides["source"].up
    assert reading.polls == 2
    assert "secrets of the source have changed" in caplog.text
    assert PLANTED not in caplog.text
    assert "another" not in caplog.text


def test_a_secret_that_cannot_be_read_leaves_the_connections_as_they_are(
    mirror: OpenMirror, secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert mirror.poll().sides["source"].up
    secret.unlink()

    assert mirror.poll().sides["source"].up
    assert "stays connected with the secrets it has" in caplog.text


def test_an_error_of_librdkafka_does_not_quote_what_may_be_a_secret() -> None:
    with pytest.raises(ConfigError) as raised:
        open_reader(properties={"security.protocol": PLANTED}, bootstrap_servers="127.0.0.1:1", side="source")

    assert PLANTED not in str(raised.value)
    assert "security.protocol" in str(raised.value)
