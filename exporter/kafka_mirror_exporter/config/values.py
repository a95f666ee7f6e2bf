"""Values with units as people write them: durations, sizes, patterns."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_SIZE = re.compile(r"(\d+)(B|KiB|MiB|GiB)")
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def parse_duration(text: object) -> float:
    """Seconds of `500ms`, `15s`, `2m`, `1h30m` or `1d`."""
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        raise PydanticCustomError(
            "duration", "is not a duration: write it with its unit, like 500ms, 15s or 1h30m"
        )
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    if seconds <= 0:
        raise PydanticCustomError("duration_positive", "must be longer than nothing")
    return seconds


def _parse_duration_or_off(text: object) -> float | None:
    return None if text in ("off", None) else parse_duration(text)


def _parse_size(text: object) -> int:
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise PydanticCustomError("size", "is not a size: write it with its unit, like 64KiB or 1MiB")
    return int(match[1]) * _BYTES[match[2]]


def _parse_pattern(text: object) -> re.Pattern[str]:
    if isinstance(text, re.Pattern):
        return text
    if not isinstance(text, str):
        raise PydanticCustomError("pattern", "is not a regular expression: write it as text in quotes")
    try:
        return re.compile(text)
    except re.error as failure:
        raise PydanticCustomError(
            "pattern_bad", "is not a regular expression: {why}", {"why": str(failure)}
        ) from failure


_DURATION_SCHEMA = {"type": "string", "pattern": f"^{_DURATION.pattern}$"}

Duration = Annotated[
    float,
    BeforeValidator(lambda v: v if isinstance(v, float) else parse_duration(v)),
    WithJsonSchema(_DURATION_SCHEMA),
]
DurationOrOff = Annotated[
    float | None,
    BeforeValidator(lambda v: v if isinstance(v, float) else _parse_duration_or_off(v)),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, {"const": "off"}]}),
]
Size = Annotated[
    int,
    BeforeValidator(_parse_size),
    WithJsonSchema({"type": "string", "pattern": f"^{_SIZE.pattern}$"}),
]
Pattern = Annotated[
    Any, BeforeValidator(_parse_pattern), WithJsonSchema({"type": "string", "format": "regex"})
]
