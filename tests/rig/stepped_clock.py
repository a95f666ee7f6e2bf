"""The command line with a wall clock that can be stepped: python stepped_clock.py OFFSET_FILE COMMAND...

Every wall clock that Python code in the process can read is off by the seconds in the file; monotonic clocks,
and librdkafka's own, are left alone. It must be run before anything else has kept a clock.
"""

import datetime as dt
import sys
import time
from pathlib import Path

_offset = Path(sys.argv[1])
_real_time, _RealDatetime = time.time, dt.datetime


def _seconds_off() -> float:
    return float(_offset.read_text())


class _SteppedDatetime(_RealDatetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return _RealDatetime.fromtimestamp(time.time(), tz)


def main() -> int:
    """What the command ends with."""
    time.time = lambda: _real_time() + _seconds_off()
    dt.datetime = _SteppedDatetime  # type: ignore[misc]
    from kafka_mirror_exporter.cli import main as command  # noqa: PLC0415  # not before the clocks are set

    return int(command(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
