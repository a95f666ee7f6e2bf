"""A loop in a thread of its own that can be ended."""

import threading
from collections.abc import Callable


class LoopThread:
    """Calls `step` until it is closed; `step` says how many seconds to wait before the next call."""

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self._step = step
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(self._step()):
            pass

    def close(self) -> None:
        """Ends after the step it is in."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(5)
