"""YAML as people mean it: no silent duplicates, no `no` that is False, and a line number for every key."""

import re
from pathlib import Path
from typing import Any

import yaml

from kafka_mirror_exporter.errors import ConfigError, Fault

KeyPath = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """SafeLoader with the scalars of YAML 1.2 and without duplicate keys."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _form, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_form})$"), list(_first))


def load_yaml(path: Path) -> tuple[Any, dict[KeyPath, int]]:
    """The content of a file, and the line of every key and item; `ConfigError` if it cannot be read."""
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as failure:
        raise ConfigError([Fault(path="", sentence="there is no such file", file=name)]) from failure
    except IsADirectoryError as failure:
        raise ConfigError([Fault(path="", sentence="is a folder, not a file", file=name)]) from failure
    except UnicodeDecodeError as failure:
        raise ConfigError([Fault(path="", sentence="is not UTF-8 text", file=name)]) from failure
    except OSError as failure:
        raise ConfigError(
            [Fault(path="", sentence=f"cannot be read: {failure.strerror}", file=name)]
        ) from failure
    try:
        node = yaml.compose(text, Loader=_Loader)  # derived from SafeLoader
        if node is None:
            raise ConfigError([Fault(path="", sentence="is empty", file=name)])
        lines: dict[KeyPath, int] = {}
        faults: list[Fault] = []
        _note_lines(node, (), lines, faults, name)
        if faults:
            raise ConfigError(faults)
        return yaml.load(text, Loader=_Loader), lines  # noqa: S506  # as above
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        line = mark.line + 1 if mark else 0
        sentence = f"is not YAML: {failure.problem or failure.context}"
        raise ConfigError([Fault(path="", sentence=sentence, file=name, line=line)]) from failure
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        raise ConfigError([Fault(path="", sentence="is not YAML", file=name)]) from failure


def _note_lines(
    node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], faults: list[Fault], name: str
) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            _note_lines(item, (*path, at), lines, faults, name)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            word = str(key.value)
            below = (*path, word)
            if word in seen:
                sentence = f"stands twice: here and in line {seen[word]}"
                faults.append(Fault(path=render_path(below), sentence=sentence, file=name, line=line))
            seen[word] = line
            lines[below] = line
            _note_lines(value, below, lines, faults, name)


_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def render_path(path: KeyPath) -> str:
    """A key path as people read it: `mirrors[0].source.client["group.id"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text
