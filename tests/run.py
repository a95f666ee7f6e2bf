"""All tests, in the order that keeps seconds honest: pure ones first, the page, then real clusters with nothing beside them."""

import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).parent

STEPS = (
    ("pure", [sys.executable, "-m", "pytest", "-n", "2", str(TESTS / "unit")]),
    (
        "pure, development mode",
        [sys.executable, "-X", "dev", "-m", "pytest", "-q", str(TESTS / "unit" / "core")],
    ),
    ("alerts", [sys.executable, "-m", "pytest", str(TESTS / "alerts")]),
    ("boards", [sys.executable, "-m", "pytest", str(TESTS / "boards")]),
    ("the page in Chromium", [sys.executable, "-m", "pytest", str(TESTS / "browser")]),
    ("real clusters", [sys.executable, "-m", "pytest", str(TESTS / "real")]),
)


def main() -> int:
    """0 if every step passed; the first that fails ends the run."""
    for name, command in STEPS:
        began = time.monotonic()
        code = subprocess.run(command, check=False, cwd=TESTS.parent).returncode
        print(
            f"== {name}: {'passed' if code == 0 else 'failed'} after {time.monotonic() - began:.0f} s",
            flush=True,
        )
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
