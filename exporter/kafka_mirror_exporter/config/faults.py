"""From what pydantic finds to one plain sentence a fault; no input of a secret is ever shown."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from kafka_mirror_exporter.config.models import Config
from kafka_mirror_exporter.config.yaml_loader import KeyPath, render_path
from kafka_mirror_exporter.errors import Fault

# Every type of error that the models can raise; `{...}` are filled from pydantic's own context.
SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not a key of this section",
    "string_type": "must be text",
    "string_unicode": "holds a character that is not text",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "is not the name of a label",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "too_short": "must have at least one entry",
    "literal_error": "must be one of {expected}",
    "greater_than_equal": "must be at least {ge}",
    "path_type": "must be the path of a file",
    "none_required": "must be left out",
    "invalid_key": "must be text",
}
_OWN = frozenset(
    {
        "alertmanager_password",
        "alertmanager_token",
        "duration",
        "duration_positive",
        "http_url",
        "listen_address",
        "mirror_group",
        "mirrors_twice",
        "pattern",
        "pattern_bad",
        "patterns_or_flag",
        "policy_map",
        "policy_twice",
        "poll_timeout",
        "property",
        "release_below",
        "secret_place",
        "size",
        "size_positive",
        "webhooks_need_state",
    }
)


def faults_of(error: ValidationError, lines: Mapping[KeyPath, int], *, file: str) -> list[Fault]:
    """One fault for each thing that is wrong, in the order of the file."""
    faults: dict[str, Fault] = {}
    for entry in error.errors(include_url=False, include_input=False):
        path = _known_path(entry["loc"])
        text = render_path(path)
        sentence = _sentence(entry, path)
        line = next((lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in lines), 0)
        # A property's name and its value may both be wrong: one sentence is enough.
        faults.setdefault(text, Fault(path=text, sentence=sentence, file=file, line=line))
    return sorted(faults.values(), key=lambda fault: (fault.line, fault.path))


def _known_path(loc: tuple[int | str, ...]) -> KeyPath:
    """The location without what pydantic adds for keys, and for the form that a value has."""
    return tuple(part for part in loc if part not in ("[key]", "<flag>", "<patterns>"))


def _sentence(entry: Mapping[str, Any], path: KeyPath) -> str:
    kind = str(entry["type"])
    if kind in _OWN:
        return str(entry["msg"])
    if kind == "extra_forbidden":
        return _unknown_key(path)
    template = SENTENCES[kind]
    return template.format(**entry.get("ctx", {}))


def _unknown_key(path: KeyPath) -> str:
    section = _section(path[:-1])
    known = list(section.model_fields) if section is not None else []
    close = get_close_matches(str(path[-1]), known, n=1)
    return SENTENCES["extra_forbidden"] + (f"; did you mean `{close[0]}`?" if close else "")


def _section(path: KeyPath) -> type[BaseModel] | None:
    """The model that a path leads to."""
    model: type[BaseModel] | None = Config
    for part in path:
        if isinstance(part, int) or model is None:
            continue
        field = model.model_fields.get(part)
        model = _model_in(field.annotation) if field is not None else None
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
