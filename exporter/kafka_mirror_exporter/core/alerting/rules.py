"""What differs from site to site, as it does for the rule files."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """How old data may be, in seconds, and the groups whose lag pages (matched whole; None: of none)."""

    data_is_stale_after_seconds: float = 15.0
    critical_groups: re.Pattern[str] | None = None

    def is_critical_group(self, group: str) -> bool:
        """Whether a group's lag pages."""
        return self.critical_groups is not None and self.critical_groups.fullmatch(group) is not None
