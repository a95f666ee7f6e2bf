"""How many bytes of records may be read from a cluster."""


class ByteBudget:
    """A bucket that fills at a rate and holds one poll's worth; what is overspent must be earned first."""

    def __init__(self, *, bytes_per_second: float, interval_seconds: float) -> None:
        self._rate = bytes_per_second
        self._capacity = bytes_per_second * interval_seconds
        self._level = self._capacity
        self._filled_at: float | None = None
        self.exhausted_polls = 0
        self.is_exhausted = False

    def begin_poll(self, *, now: float) -> None:
        """Fills the bucket, and closes the books of the last poll."""
        self.fill(now=now)
        self.is_exhausted = False

    def fill(self, *, now: float) -> None:
        """Fills the bucket for the time that passed."""
        if self._filled_at is not None:
            self._level = min(self._capacity, self._level + (now - self._filled_at) * self._rate)
        self._filled_at = now

    @property
    def available_bytes(self) -> int:
        """What may be read now."""
        return max(0, int(self._level))

    def spend(self, received_bytes: int) -> None:
        """Takes out what a fetch brought."""
        self._level -= received_bytes

    def note_exhausted(self) -> None:
        """Counts this poll, once, as one that left records unread."""
        if not self.is_exhausted:
            self.is_exhausted = True
            self.exhausted_polls += 1
