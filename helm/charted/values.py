"""Reads values.yaml with its comments: a key's own are the lines right above it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

_KEY = re.compile(r"^( *)([A-Za-z]+):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One key: where it stands, what it is by default, what it means, and the marks of its type."""

    path: tuple[str, ...]
    default: Any
    text: str
    marks: dict[str, str]
    is_section: bool
    """Whether its keys are documented one by one."""


def documented(text: str) -> list[Value]:
    """All keys in their order; a free mapping is one value, whatever stands in it."""
    defaults = yaml.safe_load(text)
    return [
        _value(path, comment, defaults, is_block=is_block)
        for path, comment, is_block in _commented(text.splitlines())
    ]


def _commented(lines: Sequence[str]) -> Iterator[tuple[tuple[str, ...], list[str], bool]]:
    comment: list[str] = []
    path: list[str] = []
    for line in lines:
        if line.lstrip().startswith("#"):
            comment.append(line.lstrip()[1:].strip())
            continue
        found = _KEY.match(line)
        if found is not None:
            depth, is_block = len(found[1]) // 2, line.rstrip().endswith(":")
            if comment or is_block:
                path = [*path[:depth], found[2]]
                yield tuple(path), comment, is_block
        comment = []


def _value(path: tuple[str, ...], comment: Sequence[str], defaults: Any, *, is_block: bool) -> Value:
    for key in path:
        defaults = defaults[key]
    marks = {line[1:].split(" ")[0]: line.partition(" ")[2] for line in comment if line.startswith("@")}
    said = " ".join(line for line in comment if not line.startswith("@"))
    return Value(
        path=path, default=defaults, text=said, marks=marks, is_section=is_block and "free" not in marks
    )


def table(values: Sequence[Value]) -> str:
    """The README's table."""
    rows = [
        f"| `{'.'.join(value.path)}` | {_default(value)} | {value.text.replace('|', chr(92) + '|')} |"
        for value in values
        if value.text
    ]
    return "\n".join(["| key | default | meaning |", "| --- | --- | --- |", *rows])


def _default(value: Value) -> str:
    return "" if value.is_section else f"`{json.dumps(value.default)}`"
