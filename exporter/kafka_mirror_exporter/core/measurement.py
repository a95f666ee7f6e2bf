"""A result that was measured, or the reason why it was not."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something could not be measured: a closed list, documented with what to do about each."""

    CLUSTER_UNREACHABLE = "cluster_unreachable"
    LEADER_UNREACHABLE = "leader_unreachable"
    NOT_AUTHORIZED = "not_authorized"
    API_UNSUPPORTED = "api_unsupported"
    API_TIMEOUT = "api_timeout"
    TARGET_TOPIC_MISSING = "target_topic_missing"
    TARGET_PARTITION_MISSING = "target_partition_missing"
    NO_WITNESS = "no_witness"
    NOT_VERIFIABLE = "not_verifiable"
    POLICY_AMBIGUOUS = "policy_ambiguous"
    BUDGET_EXHAUSTED = "budget_exhausted"
    TIMESTAMP_UNKNOWN = "timestamp_unknown"
    OFFSETS_UNREADABLE = "offsets_unreadable"


@dataclass(frozen=True, slots=True)
class Measured:
    """A value that was measured."""

    value: float


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """No value, and why; `detail` is for people and never a label."""

    reason: Reason
    detail: str = ""


Measurement = Measured | Unmeasured
