"""Faults pressed by a key, where the demo runs in a terminal's foreground."""

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager


@contextmanager
def keys(presses: Mapping[str, Callable[[], object]]) -> Generator[None]:
    """Calls `presses[key]` for each key, from a thread; does nothing without a terminal."""
    if not _has_terminal():
        yield
        return
    terminal = sys.stdin.fileno()
    as_found = termios.tcgetattr(terminal)
    ended, end = os.pipe()
    thread = threading.Thread(target=_read, args=(terminal, ended, presses), name="demo keys", daemon=True)
    tty.setcbreak(terminal)
    thread.start()
    try:
        yield
    finally:
        os.close(end)
        thread.join(5)
        os.close(ended)
        termios.tcsetattr(terminal, termios.TCSADRAIN, as_found)


def _has_terminal() -> bool:
    # A job in the background would be stopped for touching the terminal that its shell has now.
    try:
        terminal = sys.stdin.fileno()
        return os.isatty(terminal) and os.tcgetpgrp(terminal) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False


def _read(terminal: int, ended: int, presses: Mapping[str, Callable[[], object]]) -> None:
    while True:
        ready, _, _ = select.select([terminal, ended], [], [])
        if ended in ready:
            return
        try:
            key = os.read(terminal, 1).decode(errors="replace")
        except OSError:
            key = ""
        if not key:
            # The terminal has gone; the demo goes on without it.
            return
        if key in presses:
            presses[key]()
