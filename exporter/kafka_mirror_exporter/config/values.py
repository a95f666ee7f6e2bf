"""Values with units as people write them: durations, sizes, patterns."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_SIZE = re.compile(r"(\d+)(B|KiB|MiB|GiB)")
_LISTEN_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.%]+\]|[^:\[\]]*):(?P<port>\d{1,5})")
_LAST_PORT = 65_535
_HTTP_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def as_written(text: str) -> Any:
    """A default the way it would stand in the file, for a key whose value is not text once it was read."""
    return text


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
    return None if text == "off" else parse_duration(text)


def _parse_duration_or_null(text: object) -> float | None:
    return None if text is None else parse_duration(text)


def _parse_size(text: object) -> int:
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise PydanticCustomError("size", "is not a size: write it with its unit, like 64KiB or 1MiB")
    size = int(match[1]) * _BYTES[match[2]]
    if size == 0:
        raise PydanticCustomError("size_positive", "must be more than nothing")
    return size


def _parse_pattern(text: object) -> re.Pattern[str]:
    if not isinstance(text, str):
        raise PydanticCustomError("pattern", "is not a regular expression: write it as text in quotes")
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as failure:
        raise PydanticCustomError(
            "pattern_bad", "is not a regular expression: {why}", {"why": str(failure)}
        ) from failure


def _parse_listen_address(text: object) -> str:
    match = _LISTEN_ADDRESS.fullmatch(text) if isinstance(text, str) else None
    if match is None or int(match["port"]) > _LAST_PORT:
        raise PydanticCustomError(
            "listen_address", "is not an address like :10015, 127.0.0.1:10015 or [::1]:10015"
        )
    return match[0]


def _parse_http_url(text: object) -> str:
    if not isinstance(text, str) or not _HTTP_URL.fullmatch(text):
        raise PydanticCustomError("http_url", "is not an address like http://connect:8083")
    return text


def _parse_property(value: object) -> str:
    """What librdkafka gets: it takes every property as text."""
    match value:
        case bool():
            return str(value).lower()
        case str() | int():
            return str(value)
    # A fraction may have lost its last zero by now, and nothing may have been meant as a default.
    raise PydanticCustomError(
        "property", "must be text, a whole number, true or false; put anything else in quotes"
    )


_DURATION_SCHEMA = {"type": "string", "pattern": f"^{_DURATION.pattern}$"}

Duration = Annotated[float, BeforeValidator(parse_duration), WithJsonSchema(_DURATION_SCHEMA)]
DurationOrOff = Annotated[
    float | None,
    BeforeValidator(_parse_duration_or_off),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, {"const": "off"}]}),
]
DurationOrNull = Annotated[
    float | None,
    BeforeValidator(_parse_duration_or_null),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, {"type": "null"}]}),
]
Size = Annotated[
    int,
    BeforeValidator(_parse_size),
    WithJsonSchema({"type": "string", "pattern": f"^{_SIZE.pattern}$"}),
]
Pattern = Annotated[
    Any, BeforeValidator(_parse_pattern), WithJsonSchema({"type": "string", "format": "regex"})
]
ListenAddress = Annotated[
    str, BeforeValidator(_parse_listen_address), WithJsonSchema({"type": "string", "pattern": ":[0-9]{1,5}$"})
]
HttpUrl = Annotated[
    str, BeforeValidator(_parse_http_url), WithJsonSchema({"type": "string", "pattern": "^https?://"})
]
Property = Annotated[
    str, BeforeValidator(_parse_property), WithJsonSchema({"type": ["string", "integer", "boolean"]})
]


def _form_of_patterns_or_flag(value: object) -> str | None:
    match value:
        case bool():
            return "<flag>"
        case list():
            return "<patterns>"
    return None


# A tag that no key is called: it stands in the locations of faults, and is left out there.
PatternsOrFlag = Annotated[
    Annotated[bool, Tag("<flag>")] | Annotated[list[Pattern], Tag("<patterns>")],
    Discriminator(
        _form_of_patterns_or_flag,
        custom_error_type="patterns_or_flag",
        custom_error_message="must be true, false or a list of regular expressions",
    ),
]
