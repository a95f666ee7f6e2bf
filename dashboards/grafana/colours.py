"""Colours, and what a missing value looks like: never like calm."""

from typing import Any

CALM, WARN, PAGE, FALLBACK, BLIND, ABSENT = (
    "green", "orange", "red", "dark-red", "purple", "#808080"
)  # fmt: skip

NOT_MEASURED = "not measured"

Steps = tuple[tuple[float, str], ...]

NEUTRAL: Steps = ((0, "blue"),)
SHARE: Steps = ((0, CALM), (0.5, WARN), (1, PAGE))
"""Of the page threshold in force."""
NONE_IS_GOOD: Steps = ((0, CALM), (1, PAGE))
NONE_IS_BETTER: Steps = ((0, CALM), (1, WARN))
NONE_IS_SIGHTED: Steps = ((0, CALM), (1, BLIND))


def steps(scale: Steps) -> dict[str, Any]:
    """Thresholds whose base, which a panel also gives to a missing value, is grey."""
    return {
        "mode": "absolute",
        "steps": [
            {"color": ABSENT, "value": None},
            *({"color": colour, "value": value} for value, colour in scale),
        ],
    }


def fixed(colour: str) -> dict[str, str]:
    """One colour, whatever the value."""
    return {"mode": "fixed", "fixedColor": colour}


def texts(words: dict[int, tuple[str, str]]) -> list[dict[str, Any]]:
    """Numbers shown as words in their colours."""
    options = {
        str(number): {"text": text, "color": colour, "index": at}
        for at, (number, (text, colour)) in enumerate(words.items())
    }
    return [{"type": "value", "options": options}]


MIRROR_STATES = {
    0: ("keeping up", CALM),
    1: ("nothing measured yet", ABSENT),
    2: ("partly unmeasured", BLIND),
    3: ("a cluster is unreachable", BLIND),
    4: ("past the page threshold", PAGE),
    5: ("past the fallback threshold", FALLBACK),
    6: ("no exporter", BLIND),
}

TOPIC_STATES = {
    "mirroring": CALM,
    "initial_sync": "blue",
    "awaiting_target": WARN,
    "blind": BLIND,
    "not_selected": ABSENT,
}

GROUP_STATES = {
    "on_source": "blue",
    "on_both": WARN,
    "on_target": CALM,
    "abandoned": ABSENT,
    "unmeasured": BLIND,
}
