"""A configuration file: every fault at once, each in one plain sentence."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from kafka_mirror_exporter.config import (
    client_properties,
    config_from_addresses,
    json_schema,
    load_config,
    read_secrets,
    secrets_digest,
)
from kafka_mirror_exporter.config.faults import SENTENCES
from kafka_mirror_exporter.config.models import Config
from kafka_mirror_exporter.errors import ConfigError

HERE = Path(__file__).parent

FAULTS = {
    "unknown_key": ["4: mirrors[0].threshold: is not a key of this section; did you mean `thresholds`?"],
    "duplicate_key": ["5: poll: stands twice: here and in line 4"],
    "duration_without_unit": [
        "4: poll.interval: is not a duration: write it with its unit, like 500ms, 15s or 1h30m"
    ],
    "secret_in_plain": [
        '5: mirrors[0].source.client["sasl.password"]: is a secret: use client_secrets with a file or an environment variable'
    ],
    "property_that_writes": [
        '4: mirrors[0].source.client["allow.auto.create.topics"]: stays false: the exporter must never create a topic',
        '4: mirrors[0].source.client["group.id"]: is set by the exporter itself, which joins no group and writes nothing',
    ],
    "pattern": [
        "4: mirrors[0].topics.include[0]: is not a regular expression: missing ), unterminated subpattern at position 8"
    ],
    "missing_target": ["2: mirrors[0].target: is missing"],
    "no_mirrors": ["1: mirrors: must have at least one entry"],
    "wrong_types": [
        "2: mirrors[0].source.bootstrap_servers: must be text",
        "2: mirrors[0].source.budget.fetch_bytes_per_second: is not a size: write it with its unit, like 64KiB or 1MiB",
        "3: mirrors[0].target.client: must be a mapping of keys to values",
        "4: mirrors[0].topics.include: must be a list",
        "4: mirrors[0].topics.initial_sync: must be true or false",
        "5: metrics.max_series: must be a whole number",
    ],
    "twice_the_same_mirror": ["1: two mirrors have the same pair of aliases"],
    "group_without_tool": [
        "2: mirrors[0]: `consumer_group` belongs to tool `consumer_group`, which cannot be without it"
    ],
    "map_without_topics": [
        "4: mirrors[0].replication_policy: `topics` belongs to kind `map`, which cannot be without it"
    ],
    "poll_longer_than_interval": ["4: poll: `timeout` must be shorter than `interval`"],
    "secret_from_nowhere": [
        '4: mirrors[0].source.client_secrets["sasl.password"]: needs either `file` or `env`'
    ],
    "not_yaml": ["2: is not YAML: expected the node content, but found '-'"],
    "empty": ["is empty"],
    "a_list": ["must be a mapping that begins with `mirrors`"],
}


def faults_of(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    assert all(fault.file == str(path) for fault in raised.value.faults)
    return [str(fault).removeprefix(f"{path}:").strip() for fault in raised.value.faults]


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_is_told_in_its_place(name: str) -> None:
    assert faults_of(HERE / "bad" / f"{name}.yaml") == FAULTS[name]


def test_every_bad_file_is_tried() -> None:
    assert {path.stem for path in (HERE / "bad").iterdir()} == set(FAULTS)


def test_a_file_that_is_not_there_is_told() -> None:
    assert faults_of(HERE / "nowhere.yaml") == ["there is no such file"]


def test_the_whole_configuration_is_understood() -> None:
    loaded = load_config(HERE / "whole.yaml")
    mirror = loaded.config.mirrors[0]

    assert [warning.split(":")[0] for warning in loaded.warnings] == ["mirrors[0].thresholds.topics[0].drift"]
    assert (mirror.source.alias, mirror.target.alias) == ("legacy", "redpanda")
    thresholds = mirror.thresholds_in_force()
    assert (thresholds.of_topic("payments.cards").drift, thresholds.of_topic("orders").drift) == (5.0, 15.0)
    assert (loaded.config.poll.interval, mirror.groups.abandoned_after) == (5.0, 86_400.0)
    assert mirror.source.budget.fetch_bytes_per_second == 1_048_576


def test_a_secret_is_read_beside_the_file_and_changes_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "mirror.yaml"
    file.write_text((HERE / "whole.yaml").read_text())
    (tmp_path / "secret.txt").write_text("first\n")
    source = load_config(file).config.mirrors[0].source
    before = secrets_digest(source)

    assert client_properties(source, read_secrets(source))["sasl.password"] == "first"
    (tmp_path / "secret.txt").write_text("second\n")
    assert secrets_digest(source) != before


def test_a_missing_secret_is_told_by_its_key_and_file(tmp_path: Path) -> None:
    file = tmp_path / "mirror.yaml"
    file.write_text((HERE / "whole.yaml").read_text())

    with pytest.raises(
        ConfigError, match=r'client_secrets\["sasl.password"\]: the file .*secret.txt cannot be read'
    ):
        read_secrets(load_config(file).config.mirrors[0].source)


def test_two_addresses_are_a_configuration() -> None:
    mirror = config_from_addresses("a:1", "b:2").mirrors[0]

    assert (mirror.source.alias, mirror.target.alias, mirror.replication_policy.kind) == (
        "source",
        "target",
        "auto",
    )
    assert mirror.topics.is_default_include
    assert mirror.source.has_default_alias


def test_thresholds_under_two_polls_are_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "mirror.yaml"
    file.write_text(
        'mirrors: [{source: {bootstrap_servers: "a:1"}, target: {bootstrap_servers: "b:1"}, thresholds: {drift: 8s}}]\n'
    )

    assert load_config(file).warnings == (
        "mirrors[0].thresholds.drift: 8 s is under two polls and will page unsteadily",
    )


@pytest.mark.parametrize("value", ["off", "15s"])
def test_a_threshold_may_be_off(tmp_path: Path, value: str) -> None:
    file = tmp_path / "mirror.yaml"
    file.write_text(
        'mirrors: [{source: {bootstrap_servers: "a:1"}, target: {bootstrap_servers: "b:1"},'
        f" thresholds: {{drift: {value}}}}}]\n"
    )

    assert load_config(file).config.mirrors[0].thresholds.drift == (None if value == "off" else 15.0)


WRONG_VALUES = [None, 1, 1.5, "x", "", [], [1], {}, {"a": 1}, True]


def test_there_is_a_sentence_for_every_error_the_models_can_raise() -> None:
    """Every kind of wrong value at every key of every section."""
    raised: set[str] = set()
    for model in all_models(Config):
        for name in [*model.model_fields, "unknown"]:
            for value in WRONG_VALUES:
                try:
                    model.model_validate({name: value})
                except ValidationError as error:
                    raised |= {
                        entry["type"] for entry in error.errors(include_input=False, include_url=False)
                    }

    from kafka_mirror_exporter.config.faults import _OWN  # noqa: PLC0415

    assert raised - _OWN <= set(SENTENCES)


def all_models(model: type[BaseModel]) -> set[type[BaseModel]]:
    from kafka_mirror_exporter.config.faults import _model_in  # noqa: PLC0415

    found = {model}
    for field in model.model_fields.values():
        inner = _model_in(field.annotation)
        if inner is not None:
            found |= all_models(inner)
    return found


def test_the_schema_describes_every_key() -> None:
    sections = [json_schema(), *json_schema()["$defs"].values()]

    for section in sections:
        for name, key in section.get("properties", {}).items():
            assert key.get("description") or "$ref" in key, name


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kafka_mirror_exporter", *arguments],
        check=False,
        capture_output=True,
        text=True,
    )


def test_config_check_ends_with_2_and_one_line_a_fault() -> None:
    path = HERE / "bad" / "wrong_types.yaml"
    ended = run("config", "check", str(path))

    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [f"{path}:{line}" for line in FAULTS["wrong_types"]]
    assert ended.stdout == ""


def test_config_check_ends_with_0_and_never_shows_a_secret() -> None:
    ended = run("config", "check", str(HERE / "whole.yaml"))

    assert (ended.returncode, ended.stdout) == (0, f"{HERE / 'whole.yaml'}: in order\n")
    assert "s3cr3t-planted" not in ended.stdout + ended.stderr


def test_config_check_knows_what_librdkafka_does_not(tmp_path: Path) -> None:
    file = tmp_path / "mirror.yaml"
    file.write_text(
        'mirrors: [{source: {bootstrap_servers: "a:1", client: {no.such.property: 1}},'
        ' target: {bootstrap_servers: "b:1"}}]\n'
    )
    ended = run("config", "check", str(file))

    assert ended.returncode == 2
    assert 'mirrors[0].source.client["no.such.property"]: ' in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["serve"], ["check", "--source", "a:1"], ["check", "--samples", "x"], ["config", "check"]],
    ids=" ".join,
)
def test_bad_usage_ends_with_2_and_one_line(arguments: list[str]) -> None:
    ended = run(*arguments)

    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "Traceback" not in ended.stderr


def test_schema_and_version_are_printed() -> None:
    assert '"$schema"' in run("config", "schema").stdout
    assert "kafka-mirror-exporter" in run("--version").stdout
