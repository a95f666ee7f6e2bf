"""YAML as people mean it, and the line of everything in it."""

import re
from pathlib import Path

import pytest

from kafka_mirror_exporter.config.yaml_loader import load_yaml, render_path
from kafka_mirror_exporter.errors import ConfigError


def loaded(tmp_path: Path, text: str) -> object:
    file = tmp_path / "file.yaml"
    file.write_text(text, encoding="utf-8")
    return load_yaml(file)[0]


def refused(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, text)
    return [f"{fault.line}: {fault.path}: {fault.sentence}" for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("Yes", "Yes"),
        ("off", "off"),
        ("true", True),
        ("FALSE", False),
        ("1:30", "1:30"),
        ("2024-01-31", "2024-01-31"),
        ("10", 10),
        ("-7", -7),
        ("+7", 7),
        ("0", 0),
        ("010", "010"),
        ("0o17", 15),
        ("0x1f", 31),
        ("1_000", "1_000"),
        ("12345678901234567890", "12345678901234567890"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("01.5", "01.5"),
        ("~", None),
        ("", None),
        ("null", None),
        ('"10"', "10"),
        (".inf", ".inf"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_or_a_reader_takes_it_for(
    tmp_path: Path, written: str, meant: object
) -> None:
    value = loaded(tmp_path, f"key: {written}\n")

    assert value == {"key": meant}
    assert isinstance(value, dict)
    assert type(value["key"]) is type(meant)


def test_every_key_and_item_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text("a:\n  - b: 1\n    c.d:\n      e: 2\n  -\n    b: 3\n")

    assert load_yaml(file)[1] == {
        (): 1,
        ("a",): 1,
        ("a", 0): 2,
        ("a", 0, "b"): 2,
        ("a", 0, "c.d"): 3,
        ("a", 0, "c.d", "e"): 4,
        ("a", 1): 6,
        ("a", 1, "b"): 6,
    }


def test_all_duplicates_are_told_at_once(tmp_path: Path) -> None:
    assert refused(tmp_path, "a: 1\nb: {c: 1,\n  c: 2}\na: 3\n") == [
        "3: b.c: stands twice: here and in line 2",
        "4: a: stands twice: here and in line 1",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: !!timestamp x", "1: a: has a tag; write the value itself"),
        ("a: !!int x", "1: a: has a tag; write the value itself"),
        ("a: !!bool yes", "1: a: has a tag; write the value itself"),
        ("a: !!python/object:os.system {}", "1: a: has a tag; write the value itself"),
        ("a: !!set {b}", "1: a: has a tag; write the value itself"),
        ("? [a, b]\n: 1", "1: : has a key that is not text"),
        ('a: "x\\0"', "1: a: holds a character that is not text"),
        ('a: "\\ud800"', "1: a: holds a character that is not text"),
        ("a: 1\n--- \nb: 2", "2: : is not YAML: but found another document"),
        ("a: 1\nb: \x01", "2: : is not YAML: a control character"),
        ("a: 'unended", "1: : is not YAML: found unexpected end of stream"),
        ("a: @s3cr3t-planted", "1: : is not YAML: found character that cannot start any token"),
        ("a: *s3cr3t-planted", "1: : is not YAML: found undefined alias"),
        ("a: !s3cr3t-planted!x y", "1: : is not YAML: found undefined tag handle"),
        ("a: &a [*a]", "0: : is nested too deeply"),
        ("a: " + "[" * 5_000, "0: : is nested too deeply"),
    ],
)
def test_what_is_not_a_configuration_is_one_sentence(tmp_path: Path, text: str, fault: str) -> None:
    assert refused(tmp_path, text) == [fault]


def test_a_short_file_that_stands_for_an_endless_one_is_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]

    assert refused(tmp_path, "\n".join(lines)) == ["0: : is far too large"]


def test_a_folder_and_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "latin1.yaml").write_bytes(b"a: \xe9\n")

    with pytest.raises(ConfigError, match=re.escape("latin1.yaml: is not UTF-8 text")):
        load_yaml(tmp_path / "latin1.yaml")
    with pytest.raises(ConfigError, match="is a folder, not a file"):
        load_yaml(tmp_path)


def test_a_path_is_shown_as_people_write_it() -> None:
    assert (
        render_path(("mirrors", 0, "source", "client_secrets", "sasl.password"))
        == 'mirrors[0].source.client_secrets["sasl.password"]'
    )
