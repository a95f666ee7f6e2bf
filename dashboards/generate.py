"""Writes the boards; with --check says whether that was forgotten."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from grafana import groups, migration, topic
from grafana.frame import dashboard
from grafana.links import RUNBOOK_BASE_URL

HERE = Path(__file__).resolve().parent


def boards(runbook_base_url: str) -> dict[str, str]:
    """The files' names and contents."""
    made = [module.board(runbook_base_url) for module in (migration, topic, groups)]
    return {
        f"{board.uid}.json": json.dumps(
            dashboard(board, runbook_base_url=runbook_base_url), indent=2, ensure_ascii=False
        )
        + "\n"
        for board in made
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """1 if a board is not what the generator says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where files differ")
    parser.add_argument(
        "--runbook-base-url", default=RUNBOOK_BASE_URL, help="where alerts/runbooks is served"
    )
    parser.add_argument("--output", type=Path, default=HERE, help="where the boards are written")
    given = parser.parse_args(arguments)
    stale = 0
    for name, content in boards(given.runbook_base_url.rstrip("/")).items():
        path = given.output / name
        if path.exists() and path.read_text() == content:
            continue
        stale += 1
        if given.check:
            sys.stdout.write(f"{path.name} is not what the generator says: make docs\n")
        else:
            path.write_text(content)
            sys.stdout.write(f"{path.name} was written\n")
    return int(given.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
