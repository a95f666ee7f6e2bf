"""Lets an API rest that a cluster does not offer or never answers, or each poll would pay its timeout."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.errors import ApiUnavailable

REST_SECONDS: Final = (60.0, 300.0, 900.0)


@dataclass(slots=True)
class _Rest:
    reason: Reason = Reason.API_TIMEOUT
    until: float = 0.0
    rests: int = 0
    timeouts: int = 0
    answers_then: int = 0


class ApiRest:
    """Remembers, by API, the timeouts in a row and how long to leave it alone.

    A timeout counts as one more only if another API answered since the one before:
    where nothing answers, the cluster is the fault and not the API.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers = 0
        self._apis: dict[str, _Rest] = {}

    def check(self, api: str) -> None:
        """Raises `ApiUnavailable` while the API rests."""
        rest = self._apis.get(api)
        if rest and self._clock() < rest.until:
            seconds = rest.until - self._clock()
            raise ApiUnavailable(f"{api} is not asked for another {seconds:.0f} s", reason=rest.reason)

    def answered(self, api: str) -> None:
        """Notes an answer, which ends all that was held against the API."""
        self._answers += 1
        self._apis.pop(api, None)

    def timed_out(self, api: str) -> None:
        """Notes a timeout; the second in a row sends the API to rest, and so does each one after a rest."""
        rest = self._apis.setdefault(api, _Rest())
        if not rest.timeouts or self._answers > rest.answers_then:
            rest.timeouts += 1
        rest.answers_then = self._answers
        if rest.timeouts >= 2:
            self._send_to_rest(rest, Reason.API_TIMEOUT)

    def unsupported(self, api: str) -> None:
        """Notes an answer that the API is not offered: it rests at once."""
        self._answers += 1
        self._send_to_rest(self._apis.setdefault(api, _Rest()), Reason.API_UNSUPPORTED)

    def wake(self) -> None:
        """Forgets everything: after a reconnect or a reload, each API has its chance."""
        self._apis.clear()

    def _send_to_rest(self, rest: _Rest, reason: Reason) -> None:
        rest.reason = reason
        rest.until = self._clock() + REST_SECONDS[min(rest.rests, len(REST_SECONDS) - 1)]
        rest.rests += 1
