"""The schema of values.yaml: what a key's default and marks say of its type; unknown keys are refused."""

from collections.abc import Mapping, Sequence
from typing import Any

from charted.values import Value

Schema = dict[str, Any]

_SECRET_MOUNT: Schema = {
    "type": "object",
    "required": ["secretName", "mountPath"],
    "additionalProperties": False,
    "properties": {
        "secretName": {"type": "string", "minLength": 1},
        "mountPath": {"type": "string", "pattern": "^/"},
        "items": {"type": "array", "items": {"type": "object"}},
    },
}
_ITEMS: Mapping[str, Schema] = {"string": {"type": "string"}, "secretMount": _SECRET_MOUNT}
_UNAVAILABLE: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 1},
        {"type": "string", "pattern": "^([1-9][0-9]?|100)%$"},
    ]
}
# What only readers of the reference need.
_UNREAD = ("title", "default")
_CONFIG: Schema = {
    "if": {"type": "object", "minProperties": 1},
    "then": {"$ref": "#/definitions/Config"},
    "else": {"type": "object"},
}


def values_schema(values: Sequence[Value], *, config_schema: Mapping[str, Any]) -> Schema:
    """The whole schema, with the configuration's own in it."""
    root: Schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": False,
        "properties": {"global": {"type": "object"}},
        "definitions": _definitions(config_schema),
    }
    for value in values:
        place = root
        for key in value.path[:-1]:
            place = place["properties"][key]
        place["properties"][value.path[-1]] = _of(value)
    return root


def _of(value: Value) -> Schema:
    said = {"description": value.text} if value.text else {}
    if value.is_section:
        return said | {"type": "object", "additionalProperties": False, "properties": {}}
    return said | _type(value)


def _type(value: Value) -> Schema:
    if value.marks:
        return _marked(value)
    if isinstance(value.default, list):
        return {"type": "array"}
    return {"type": {str: "string", bool: "boolean", dict: "object"}[type(value.default)]}


def _marked(value: Value) -> Schema:
    ((mark, argument),) = value.marks.items()
    match mark:
        case "config":
            return _CONFIG
        case "unavailable":
            return _UNAVAILABLE
        case "free":
            return {"type": ["object", "null"]}
        case "enum":
            made: Schema = {"type": "string", "enum": argument.split()}
        case "port":
            made = {"type": "integer", "minimum": 1, "maximum": 65_535}
        case "minimum":
            made = {"type": "integer", "minimum": int(argument)}
        case _:
            made = {"type": "array", "items": _ITEMS[argument]}
    return made


def _definitions(config_schema: Mapping[str, Any]) -> Schema:
    """The configuration's parts where draft 7 has them; references follow."""
    whole = {key: part for key, part in config_schema.items() if key not in ("$schema", "$defs")}
    return {name: _moved(part) for name, part in (dict(config_schema["$defs"]) | {"Config": whole}).items()}


def _moved(part: Any) -> Any:
    if isinstance(part, dict):
        kept = (key for key, below in part.items() if key not in _UNREAD or isinstance(below, dict))
        return {key: _moved(part[key]) for key in kept}
    if isinstance(part, list):
        return [_moved(below) for below in part]
    return part.replace("#/$defs/", "#/definitions/") if isinstance(part, str) else part
