"""Frozen values -> JSON, and their types -> JSON Schema, by the same rules.

A number that is not finite becomes null, for JSON has no other word for it.
"""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, Literal, get_args, get_origin, get_type_hints

Json = dict[str, Any]
_PLAIN: Mapping[object, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def json_form(value: Any) -> Any:
    """A value as `json.dumps` takes it."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: json_form(of_key) for key, of_key in value.items()}
    if isinstance(value, tuple | list):
        return [json_form(item) for item in value]
    return {field.name: json_form(getattr(value, field.name)) for field in fields(value)}


class Schemas:
    """Collects the schemas of dataclasses under their names."""

    def __init__(self) -> None:
        self.by_name: dict[str, Json] = {}

    def of(self, kind: Any) -> Json:
        """The schema of a type; dataclasses are referred to by name."""
        if isinstance(kind, types.UnionType):
            return self._optional(kind)
        if is_dataclass(kind) and isinstance(kind, type):
            return self._named(kind)
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return {"enum": [member.value for member in kind]}
        return {"type": _PLAIN[kind]} if kind in _PLAIN else self._generic(kind)

    def _generic(self, kind: Any) -> Json:
        arguments = get_args(kind)
        match get_origin(kind):
            case origin if origin is Literal:
                return {"enum": list(arguments)}
            case origin if origin is tuple:
                return {"type": "array", "items": self.of(arguments[0])}
            case origin if origin is Mapping:
                return {"type": "object", "additionalProperties": self.of(arguments[1])}
        raise TypeError(f"{kind} has no form in JSON")

    def _optional(self, kind: types.UnionType) -> Json:
        (one,) = (argument for argument in get_args(kind) if argument is not types.NoneType)
        schema = self.of(one)
        if set(schema) == {"type"}:
            return {"type": [schema["type"], "null"]}
        return {"anyOf": [schema, {"type": "null"}]}

    def _named(self, kind: type[Any]) -> Json:
        if kind.__name__ not in self.by_name:
            hints = get_type_hints(kind)
            self.by_name[kind.__name__] = {
                "type": "object",
                "description": " ".join((kind.__doc__ or "").split()),
                "properties": {name: self.of(hint) for name, hint in hints.items()},
                "required": list(hints),
                "additionalProperties": False,
            }
        return {"$ref": f"#/components/schemas/{kind.__name__}"}
