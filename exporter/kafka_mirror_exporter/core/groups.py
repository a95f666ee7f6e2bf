"""Where a consumer group lives, and whether it still lives at all."""

from dataclasses import dataclass, field

from kafka_mirror_exporter.core.offsets import Anchor, Side, TopicPartition
from kafka_mirror_exporter.core.reading import GroupState


@dataclass(slots=True)
class GroupLife:
    """What was seen of one group over time.

    A group is judged on the source until it has been seen active on the target: with members there, or
    with a commit beyond everything that the mirror could have translated. Commits that MirrorMaker copies
    are never beyond the pair of offsets that follows the source's commit.
    """

    was_active_on_target: bool = False
    members: dict[Side, int] = field(default_factory=dict)
    committed: dict[Side, dict[TopicPartition, int]] = field(default_factory=dict)
    progressed_at: dict[Side, float] = field(default_factory=dict)
    _highest_translation: dict[TopicPartition, tuple[int, int]] = field(default_factory=dict)

    def observe_commits(self, side: Side, committed: dict[TopicPartition, int], *, at: float) -> None:
        """Takes in the group's commits on one side (partitions by the source topic's name)."""
        if side not in self.committed or self.committed[side] != committed:
            self.progressed_at[side] = at
        self.committed[side] = committed

    def observe_anchor(self, tp: TopicPartition, anchor: Anchor) -> None:
        """Takes in an exact pair: a commit beyond the first one after the source's is the group's own."""
        on_source = self.committed.get("source", {}).get(tp)
        if on_source is None or anchor.upstream < on_source:
            return
        known = self._highest_translation.get(tp)
        if known is None or known[0] != on_source or anchor.downstream < known[1]:
            self._highest_translation[tp] = (on_source, anchor.downstream)
        on_target = self.committed.get("target", {}).get(tp)
        bound = self._highest_translation[tp]
        if on_target is not None and bound[0] == on_source and on_target > bound[1]:
            self.was_active_on_target = True

    def observe_members(self, side: Side, members: int) -> None:
        """Takes in how many members the group has on one side."""
        self.members[side] = members
        if side == "target" and members > 0:
            self.was_active_on_target = True

    def disappear(self, side: Side) -> None:
        """The group is gone from one side."""
        self.members.pop(side, None)
        self.committed.pop(side, None)
        self.progressed_at.pop(side, None)

    @property
    def judged_side(self) -> Side:
        """The side on which the group's lag counts."""
        return "target" if self.was_active_on_target or "source" not in self.committed else "source"

    def state(self, *, now: float, abandoned_after: float, longest_wait: float | None) -> GroupState:
        """Where the group lives; `longest_wait` is its lag in seconds on the judged side.

        A group without members that has made no progress for `abandoned_after`, or whose first unread
        record has been waiting that long, is abandoned.
        """
        side = self.judged_side
        idle = now - self.progressed_at.get(side, now)
        is_behind_for_long = longest_wait is not None and longest_wait >= abandoned_after
        if not self.members.get(side, 0) and (idle >= abandoned_after or is_behind_for_long):
            return "abandoned"
        if side == "target":
            return "on_both" if self.members.get("source", 0) else "on_target"
        return "on_source"
