"""YAML as people mean it: no silent duplicates, no `no` that is False, and a line number for every key."""

import re
from pathlib import Path
from typing import Any

import yaml

from kafka_mirror_exporter.errors import ConfigError, Fault

KeyPath = tuple[str | int, ...]


# A number that begins with a needless zero, or that no setting is as large as, stays text: whether 010 is
# ten or eight, and whether a user named 007 keeps the zeros, is nothing to guess at.
_INT = r"[-+]?(?:0|[1-9][0-9]{0,17})|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}"
_FLOAT = r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*|(?=[eE])))(?:[eE][-+]?[0-9]+)?"
_SCALARS = {
    f"tag:yaml.org,2002:{name}": (re.compile(f"^(?:{form})$"), first)
    for name, form, first in (
        ("bool", "true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("int", _INT, list("-+0123456789")),
        ("float", _FLOAT, list("-+0123456789.")),
        ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    )
}
_TEXT = "tag:yaml.org,2002:str"
_COLLECTIONS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
# Anchors let a short file stand for an endless one.
_MOST_NODES = 100_000


class _Loader(yaml.SafeLoader):
    """SafeLoader with the scalars of YAML 1.2."""


def _whole_number(_loader: _Loader, node: yaml.ScalarNode) -> int:
    # PyYAML's own would read base 60 and take a leading zero for octal.
    return int(node.value, 0)


_Loader.yaml_implicit_resolvers = {}
for _tag, (_form, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(_tag, _form, _first)
_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def load_yaml(path: Path) -> tuple[Any, dict[KeyPath, int]]:
    """The content of a file, and the line of every key and item; `ConfigError` if it cannot be read.

    No sentence quotes the file: a secret may begin with a character that YAML gives a meaning to.
    """
    name = str(path)
    text = _text(path, name)
    try:
        node = yaml.compose(text, Loader=_Loader)  # derived from SafeLoader
        if node is None:
            raise ConfigError([Fault(path="", sentence="is empty", file=name)])
        walk = _Walk(name)
        walk.visit(node, ())
        if walk.faults:
            raise ConfigError(walk.faults)
        return yaml.load(text, Loader=_Loader), walk.lines  # noqa: S506  # as above
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        line = mark.line + 1 if mark else 0
        sentence = "is not YAML: " + _QUOTED.sub(r"\1", failure.problem or failure.context or "")
        raise ConfigError([Fault(path="", sentence=sentence, file=name, line=line)]) from failure
    except yaml.reader.ReaderError as failure:
        line = text.count("\n", 0, failure.position) + 1
        sentence = "is not YAML: a control character"
        raise ConfigError([Fault(path="", sentence=sentence, file=name, line=line)]) from failure
    except RecursionError as failure:
        raise ConfigError([Fault(path="", sentence="is nested too deeply", file=name)]) from failure


# Where PyYAML quotes a piece of the file, not YAML's own punctuation.
_QUOTED = re.compile(r"(alias|anchor|handle|character|numeric character, but found) (['\"]).*\2", re.DOTALL)


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
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


class _Walk:
    """Notes the line of everything in a file, and what YAML allows and a configuration does not."""

    def __init__(self, name: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.faults: list[Fault] = []
        self._name = name
        self._nodes = 0

    def visit(self, node: yaml.Node, path: KeyPath) -> None:
        """Takes in a node and all below it."""
        line = node.start_mark.line + 1
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise ConfigError([Fault(path="", sentence="is far too large", file=self._name)])
        self.lines.setdefault(path, line)
        if not _is_plain(node):
            self._refuse(path, "has a tag; write the value itself", line)
        if isinstance(node, yaml.ScalarNode) and _UNUSABLE.search(node.value):
            self._refuse(path, "holds a character that is not text", line)
        if isinstance(node, yaml.SequenceNode):
            for at, item in enumerate(node.value):
                self.visit(item, (*path, at))
        elif isinstance(node, yaml.MappingNode):
            self._visit_keys(node, path)

    def _visit_keys(self, node: yaml.MappingNode, path: KeyPath) -> None:
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(path, "has a key that is not text", line)
                continue
            below = (*path, key.value)
            if key.value in seen:
                self._refuse(below, f"stands twice: here and in line {seen[key.value]}", line)
            seen[key.value] = line
            self.lines[below] = line
            if not _is_plain(key) or _UNUSABLE.search(key.value):
                self._refuse(path, "has a key that is not text", line)
            self.visit(value, below)

    def _refuse(self, path: KeyPath, sentence: str, line: int) -> None:
        self.faults.append(Fault(path=render_path(path), sentence=sentence, file=self._name, line=line))


def _is_plain(node: yaml.Node) -> bool:
    """Whether a node's tag is the one that its look gives it."""
    if not isinstance(node, yaml.ScalarNode):
        return node.tag in _COLLECTIONS
    form = _SCALARS.get(node.tag)
    return node.tag == _TEXT if form is None else form[0].match(node.value) is not None


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
