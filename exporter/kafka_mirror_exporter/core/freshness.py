"""When what was measured no longer says how things are."""

_POLLS = 3
_LEAST_SECONDS = 15.0


def old_after(poll_interval: float) -> float:
    """Seconds: three polls, and fifteen seconds at least."""
    return max(_POLLS * poll_interval, _LEAST_SECONDS)
