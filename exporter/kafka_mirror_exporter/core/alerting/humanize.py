"""Numbers as Prometheus writes them in the texts of its alerts."""

from math import isfinite

_BELOW_ONE = ("m", "u", "n", "p", "f", "a", "z", "y")
_ABOVE_THOUSAND = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def humanize_duration(seconds: float) -> str:
    """Days to seconds above a minute, four digits below: `1h 0m 5s`, `15.37s`, `120ms`."""
    if not isfinite(seconds) or seconds == 0:
        return f"{seconds:.4g}" + ("s" if seconds == 0 else "")
    if abs(seconds) < 1:
        number, prefix = _small(seconds)
        return f"{number:.4g}{prefix}s"
    sign, whole = "-" if seconds < 0 else "", int(abs(seconds))
    rest = f"{whole // _MINUTE % 60}m {whole % _MINUTE}s"
    if whole >= _DAY:
        return f"{sign}{whole // _DAY}d {whole // _HOUR % 24}h {rest}"
    if whole >= _HOUR:
        return f"{sign}{whole // _HOUR % 24}h {rest}"
    return f"{sign}{rest}" if whole >= _MINUTE else f"{sign}{abs(seconds):.4g}s"


def humanize(number: float) -> str:
    """Four digits and a metric prefix: `12.35k`."""
    if number == 0 or not isfinite(number):
        return f"{number:.4g}"
    if abs(number) < 1:
        number, prefix = _small(number)
        return f"{number:.4g}{prefix}"
    prefix = ""
    for larger in _ABOVE_THOUSAND:
        if abs(number) < 1_000:
            break
        number, prefix = number / 1_000, larger
    return f"{number:.4g}{prefix}"


def _small(number: float) -> tuple[float, str]:
    prefix = ""
    for smaller in _BELOW_ONE:
        if abs(number) >= 1:
            break
        number, prefix = number * 1_000, smaller
    return number, prefix
