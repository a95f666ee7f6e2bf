"""The tests of what is shipped: each folder of tests/ship is a step, and the first that fails ends the run."""

import subprocess
import sys
import time
from pathlib import Path

SHIP = Path(__file__).parent / "ship"


def main() -> int:
    """0 if every step passed."""
    for folder in sorted({file.parent for file in SHIP.glob("*/test_*.py")}):
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", str(folder)]
        code = subprocess.run(command, check=False, cwd=SHIP.parents[1]).returncode
        outcome = "failed" if code else "passed"
        print(f"== {folder.name}: {outcome} after {time.monotonic() - began:.0f} s", flush=True)
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
