"""Which format and coding a client prefers, ranked by its own weights; a weight of 0 excludes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Format = Literal["text", "openmetrics"]

CONTENT_TYPES: Mapping[Format, str] = {
    "text": "text/plain; version=0.0.4; charset=utf-8",
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
}
_NAMES: Mapping[Format, tuple[str, str]] = {
    "text": ("text/plain", "0.0.4"),
    "openmetrics": ("application/openmetrics-text", "1.0.0"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    name: str
    version: str | None
    weight: float


def _choices(header: str) -> Iterator[_Choice]:
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        values = dict(_parameter(piece) for piece in parameters)
        if name:
            yield _Choice(
                name=name.lower(), version=values.get("version"), weight=_weight(values.get("q", "1"))
            )


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0


def _rank(output: Format, choices: list[_Choice]) -> tuple[float, int, int]:
    """Weight, how precisely it was named, and how early, of the choice that names a format best."""
    name, version = _NAMES[output]
    ranges = ("*/*", f"{name.partition('/')[0]}/*", name)
    best = (0.0, -1, 0)
    for number, choice in enumerate(choices):
        precision = ranges.index(choice.name) if choice.name in ranges else -1
        if choice.version not in (None, version) or precision < 0:
            continue
        # The most precise range decides about a type, also when it excludes it; among equals the heaviest.
        if (precision, choice.weight) > (best[1], best[0]):
            best = (choice.weight, precision, -number)
    return best


def preferred_format(accept: str) -> Format:
    """The text format wherever OpenMetrics is not wanted more, also where neither is wanted."""
    choices = list(_choices(accept))
    openmetrics = _rank("openmetrics", choices)
    return "openmetrics" if openmetrics[0] > 0.0 and openmetrics > _rank("text", choices) else "text"


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether gzip is allowed and nothing else is wanted more."""
    weights = {choice.name: choice.weight for choice in _choices(accept_encoding)}
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip > 0.0 and gzip >= weights.get("identity", 0.0)
