"""The group of all that is said of topics: evaluated in one go, each rule sees the newest of the others."""

from ruleset.blindness import NOT_MIRRORED, UNMEASURED, UNVERIFIED
from ruleset.drift import DRIFT_HIGH, STALLED
from ruleset.fallback import FALLBACK
from ruleset.losses import POSITION_RESET, RECORDS_LOST, RETENTION_RISK
from ruleset.model import Group
from ruleset.recordings import EVENTS, MEMORY, SHARED
from ruleset.transactions import TRANSACTION_HANGING

TOPIC_GROUP = Group(
    "kafka-mirror-topics",
    (
        *SHARED,
        *EVENTS,
        *MEMORY,
        DRIFT_HIGH,
        STALLED,
        NOT_MIRRORED,
        RECORDS_LOST,
        POSITION_RESET,
        RETENTION_RISK,
        *TRANSACTION_HANGING,
        UNMEASURED,
        UNVERIFIED,
        *FALLBACK,
    ),
)
