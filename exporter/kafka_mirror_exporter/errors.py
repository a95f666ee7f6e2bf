"""The errors of this package, each one sentence that names what failed and what to do.

KafkaMirrorExporterError
├── ConfigError            a configuration that cannot be used; carries every fault found
├── ClusterUnreachable     no broker of a cluster answered in time
├── ApiUnavailable         a broker does not offer, does not allow, or never answers a request
├── RecordUndecodable      bytes of a mirror's own record that do not have its format
├── StateFileError         a state file that cannot be read or written
├── NotDelivered           a post that its receiver did not accept
└── RenderError            two readings that would share one label set
"""

from collections.abc import Sequence
from dataclasses import dataclass


class KafkaMirrorExporterError(Exception):
    """Everything this package raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a configuration: where it stands and what to do."""

    path: str
    sentence: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = (
            f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        )
        return f"{place}{self.path}: {self.sentence}" if self.path else f"{place}{self.sentence}"


class ConfigError(KafkaMirrorExporterError):
    """A configuration that cannot be used, with all its faults."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ClusterUnreachable(KafkaMirrorExporterError):
    """No broker of a cluster answered in time."""


class ApiUnavailable(KafkaMirrorExporterError):
    """A broker does not offer, does not allow, or never answers a request.

    `reason` is one of the words of `core.measurement.Reason`.
    """

    def __init__(self, sentence: str, *, reason: str) -> None:
        self.reason = reason
        super().__init__(sentence)


class RecordUndecodable(KafkaMirrorExporterError):
    """Bytes of a mirror's own record that do not have its format."""


class StateFileError(KafkaMirrorExporterError):
    """A state file that cannot be read or written."""


class NotDelivered(KafkaMirrorExporterError):
    """A post that its receiver did not accept."""


class RenderError(KafkaMirrorExporterError):
    """Two readings that would share one label set."""
