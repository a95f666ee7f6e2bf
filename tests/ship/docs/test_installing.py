"""What the pages say of the client that comes with the wheel, asked of that client."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from confluent_kafka import Consumer, KafkaException

from kafka_mirror_exporter.config import load_config

from rig.pages import ROOT, blocks

DOCS = ROOT / "docs"
FLAWED: Mapping[str, Mapping[str, str]] = {
    "Kerberos": {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "GSSAPI"},
    "a mechanism of Java clients": {"security.protocol": "SASL_SSL", "sasl.mechanism": "AWS_MSK_IAM"},
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(FLAWED))
def test_what_the_wheel_lacks_is_refused_at_start_in_librdkafkas_words(what: str, tmp_path: Path) -> None:
    file = tmp_path / "mirror.yaml"
    source = {"bootstrap_servers": "127.0.0.1:1", "client": dict(FLAWED[what])}
    file.write_text(
        yaml.safe_dump({"mirrors": [{"source": source, "target": {"bootstrap_servers": "127.0.0.1:1"}}]})
    )

    ended = subprocess.run(
        [sys.executable, "-m", "kafka_mirror_exporter", "serve", "--config.file", str(file), "--web.listen-address", "127.0.0.1:0"],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert ended.returncode == 2
    assert re.search(r"source\.client: .*(No provider for|Unsupported) SASL mechanism", ended.stderr)
    assert "Traceback" not in ended.stderr


def test_the_wheel_has_what_the_page_says_it_has() -> None:
    with pytest.raises(KafkaException, match="Current build options: PLAIN SASL_SCRAM OAUTHBEARER"):
        Consumer(
            {"group.id": "g", "security.protocol": "SASL_SSL", "sasl.mechanism": "GSSAPI", "log_level": 0}
        )


def test_the_page_speaks_of_the_locked_client() -> None:
    (locked,) = re.findall(r"^confluent-kafka==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)

    assert f"locked version is {locked}." in " ".join((DOCS / "installing.md").read_text().split())


def test_certificates_of_an_operator_are_taken_as_the_page_configures_them(tmp_path: Path) -> None:
    (text,) = [b.text for b in blocks(DOCS / "platforms" / "strimzi.md") if b.text.startswith("mirrors:")]
    for side in ("source", "target"):
        for folder in ("ca", "user"):
            (tmp_path / side / folder).mkdir(parents=True)
    key, certificate = tmp_path / "source/user/user.key", tmp_path / "source/user/user.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=exporter", "-days", "1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    for place in ("source/ca/ca.crt", "target/ca/ca.crt"):
        (tmp_path / place).write_text(certificate.read_text())
    (tmp_path / "target/user/password").write_text("secret\n")
    file = tmp_path / "mirror.yaml"
    file.write_text(text.replace("/etc/kafka", str(tmp_path)))

    checked = subprocess.run(
        [sys.executable, "-m", "kafka_mirror_exporter", "config", "check", str(file)],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert checked.stderr == ""
    assert checked.returncode == 0
    source = load_config(file).config.mirrors[0].source
    secrets = {name: place.file.read_text() for name, place in source.client_secrets.items() if place.file}
    Consumer(
        {"group.id": "g", "bootstrap.servers": "127.0.0.1:1", "log_level": 0} | dict(source.client) | secrets
    )
