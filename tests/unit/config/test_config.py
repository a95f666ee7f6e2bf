"""A configuration file: every fault at once, each in one plain sentence."""

import re
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
    "twice_the_same_mirror": [
        "1: mirrors[0] and mirrors[1] have the same aliases: name one of them otherwise"
    ],
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
    "threshold_left_empty": [
        "4: mirrors[0].thresholds.drift: is not a duration: write it with its unit, like 500ms, 15s or 1h30m",
        "4: mirrors[0].thresholds.fallback: is not a duration: write it with its unit, like 500ms, 15s or 1h30m",
    ],
    "addresses": [
        "4: mirrors[0].topics.include[0]: is not a regular expression: the repetition number is too large",
        "5: mirrors[0].mirrormaker2.connect_urls[0]: is not an address like http://connect:8083",
        "6: web.listen_address: is not an address like :10015, 127.0.0.1:10015 or [::1]:10015",
    ],
    "not_a_value": [
        "4: mirrors[0].verify.read_records: must be true, false or a list of regular expressions",
        "5: metrics.max_series: must be a whole number",
        "6: fallback.enabled: must be true or false",
    ],
    "release_above_a_threshold": [
        "1: `fallback.release_below` must be under mirrors[0].thresholds.topics[0].fallback"
    ],
    "webhooks_without_state": [
        "1: webhooks need a `state_file`: a restart would not know what it has engaged (`state_file: none` if that is meant)"
    ],
    "alertmanagers": [
        "6: notify.alertmanagers[0]: `username` and `password` belong together",
        "7: notify.alertmanagers[1]: takes either `password` or `bearer_token`, not both",
        '8: notify.external_labels["not a label"]: is not the name of a label',
    ],
    "webhook_unsigned": [
        "5: notify.webhooks[0].secret: is missing",
        "5: notify.webhooks[0].url: is not an address like http://connect:8083",
    ],
    "not_text": ["2: mirrors[0].source.bootstrap_servers: holds a character that is not text"],
    "property_twice": [
        '5: mirrors[0].source.client_secrets["sasl.username"]: stands in `client` too: keep one of them',
        '6: mirrors[0].target.client["sasl.kerberos.kinit.cmd"]: would run a command of the shell',
        '6: mirrors[0].target.client["ssl.ca.location"]: must be text, a whole number, true or false; put anything else in quotes',
    ],
    "secret_in_the_wrong_form": [
        '4: mirrors[0].source.client_secrets["sasl.password"]: must be a mapping of keys to values',
        '5: mirrors[0].target.client["sasl.username"]: must be text, a whole number, true or false; put anything else in quotes',
    ],
    "secret_that_looks_like_a_tag": [
        '5: mirrors[0].source.client_secrets["sasl.password"]: has a tag; write the value itself'
    ],
    "secret_that_looks_like_an_alias": ["5: is not YAML: found undefined alias"],
    "whole_checks": [
        "4: mirrors[0].replication_policy: maps two source topics to the same target topic",
        "5: mirrors[1]: `consumer_group` belongs to tool `consumer_group`, which cannot be without it",
    ],
    "ten_faults": [
        "3: mirrors[0].source.bootstrap_servers: must be text",
        '4: mirrors[0].source.client["group.id"]: is set by the exporter itself, which joins no group and writes nothing',
        "5: mirrors[0].target.alias: must not be empty",
        "6: mirrors[0].tool: must be one of 'mirrormaker2', 'consumer_group', 'offset_preserving' or 'any'",
        "7: mirrors[0].topics.include[0]: is not a regular expression: missing ), unterminated subpattern at position 0",
        "8: mirrors[0].groups.per: must be one of 'partition' or 'topic'",
        "9: mirrors[0].thresholds.drift: is not a duration: write it with its unit, like 500ms, 15s or 1h30m",
        "9: mirrors[0].thresholds.drifts: is not a key of this section; did you mean `drift`?",
        "10: poll.interval: is not a duration: write it with its unit, like 500ms, 15s or 1h30m",
        "11: metrics.max_series: must be a whole number",
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


FALLBACK = """
mirrors: [{source: {bootstrap_servers: "a:1"}, target: {bootstrap_servers: "b:1"}, verify: {read_records: [x]}}]
state_file: none
"""


def test_topics_that_are_never_released_and_posts_that_never_come_are_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "mirror.yaml"
    hook = 'notify: {webhooks: [{url: "http://proxy:1", secret: {file: hmac}}]}\n'
    file.write_text(FALLBACK + "fallback: {enabled: true}\n" + hook)
    enabled = load_config(file)
    file.write_text(FALLBACK + hook)

    assert [w.split(":")[0] for w in enabled.warnings] == ["mirrors[0].verify.read_records"]
    assert [w.split(":")[0] for w in load_config(file).warnings] == ["notify.webhooks"]
    assert enabled.config.notify.webhooks[0].secret.file == tmp_path / "hmac"


@pytest.mark.parametrize(("fallback", "warned"), [("2m", ["mirrors[0].tool"]), ("off", [])])
def test_a_target_that_no_proxy_may_write_to_is_warned_of(
    tmp_path: Path, fallback: str, warned: list[str]
) -> None:
    file = tmp_path / "mirror.yaml"
    file.write_text(
        'mirrors: [{source: {bootstrap_servers: "a:1"}, target: {bootstrap_servers: "b:1"}, tool: offset_preserving,'
        f" thresholds: {{fallback: {fallback}}}}}]\nfallback: {{enabled: true}}\n"
    )

    assert [warning.split(":")[0] for warning in load_config(file).warnings] == warned


def test_the_limit_of_release_is_free_where_the_threshold_is_off(tmp_path: Path) -> None:
    file = tmp_path / "mirror.yaml"
    file.write_text(
        'mirrors: [{source: {bootstrap_servers: "a:1"}, target: {bootstrap_servers: "b:1"}, thresholds: {fallback: off}}]\n'
        "fallback: {enabled: true, release_below: 1h}\n"
    )

    assert load_config(file).config.fallback.rules(poll_interval=10.0).longest_gap == 30.0


@pytest.mark.parametrize("value", ["off", "15s"])
def test_a_threshold_may_be_off(tmp_path: Path, value: str) -> None:
    file = tmp_path / "mirror.yaml"
    file.write_text(
        'mirrors: [{source: {bootstrap_servers: "a:1"}, target: {bootstrap_servers: "b:1"},'
        f" thresholds: {{drift: {value}}}}}]\n"
    )

    assert load_config(file).config.mirrors[0].thresholds.drift == (None if value == "off" else 15.0)


WRONG_VALUES = [
    None,
    1,
    1.5,
    "x",
    "",
    "\ud800",
    "0B",
    "0s",
    "a{99999999999999999999}",
    -1,
    float("nan"),
    10**30,
    [],
    [1],
    ["("],
    {},
    {"a": 1},
    {1: "a"},
    {"a": "c", "b": "c"},
    True,
]


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


def test_every_default_has_the_form_that_is_asked_of_users() -> None:
    sections = [json_schema(), *json_schema()["$defs"].values()]
    patterns = {
        name: (form["pattern"], key["default"])
        for section in sections
        for name, key in section["properties"].items()
        for form in [key, *key.get("anyOf", [])]
        if "pattern" in form and key.get("default") is not None
    }

    assert {"interval", "drift", "fetch_bytes_per_second", "listen_address"} <= set(patterns)
    for name, (pattern, default) in patterns.items():
        assert re.search(pattern, default), name
