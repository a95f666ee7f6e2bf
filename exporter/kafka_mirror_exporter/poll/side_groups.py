"""The consumer groups of one cluster: which there are, what they committed, who is a member."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from kafka_mirror_exporter.clusters.reader import ClusterReader, GroupListing, GroupOffsets
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.offsets import Side, TopicPartition
from kafka_mirror_exporter.core.thresholds import NameFilter
from kafka_mirror_exporter.errors import ApiUnavailable, KafkaMirrorExporterError
from kafka_mirror_exporter.poll.side import ClusterSide

_log = logging.getLogger(__name__)

_LIST_EVERY_SECONDS = 4.0
_DESCRIBE_EVERY_SECONDS = 15.0
_NOTHING = GroupOffsets(found={}, failed={})


@dataclass(slots=True)
class SideGroups:
    """What is known of the groups of one cluster, carried from poll to poll.

    Groups that the filter names outright are asked for even where no broker lists them. `missed` says why
    nothing was read in this poll.
    """

    side: Side
    filter: NameFilter
    names: tuple[str, ...] = ()
    listed_at: float | None = None
    described_at: float | None = None
    described: tuple[str, ...] = ()
    listing_failed: Unmeasured | None = None
    missed: Unmeasured | None = None
    offsets: GroupOffsets = field(default_factory=lambda: _NOTHING)
    members: dict[str, int] = field(default_factory=dict)
    previous: dict[tuple[str, TopicPartition], int] = field(default_factory=dict)

    def failure(self, group: str) -> Unmeasured | None:
        """Why a group's commits were not read in this poll; None if they were."""
        return self.missed or self.offsets.failed.get(group)

    def read_offsets(
        self,
        cluster: ClusterSide,
        names: Iterable[str],
        *,
        known_partitions: Iterable[TopicPartition],
        timeout: float,
    ) -> None:
        """Reads the commits of these groups; whatever was read before is gone, also where this fails."""
        self.previous = {(g, tp): o for g, commits in self.offsets.found.items() for tp, o in commits.items()}
        self.offsets, self.missed = _NOTHING, None
        if not cluster.is_up:
            self.missed = Unmeasured(Reason.CLUSTER_UNREACHABLE, cluster.error)
            self.members, self.described_at = {}, None
            return
        asked, partitions = list(names), list(known_partitions)
        if not asked:
            return

        def read(reader: ClusterReader) -> GroupOffsets:
            return reader.read_group_offsets(asked, known_partitions=partitions, timeout=timeout)

        try:
            self.offsets = cluster.call(read, timeout=timeout)
        except ApiUnavailable as failure:
            self.missed = Unmeasured(Reason(failure.reason), str(failure))
            raise
        except KafkaMirrorExporterError as failure:
            self.missed = Unmeasured(Reason.CLUSTER_UNREACHABLE, str(failure))
            raise

    def list_names(self, cluster: ClusterSide, *, now: float, timeout: float) -> None:
        """Finds the groups, from time to time; those of brokers that do not answer are not taken for gone."""
        if self.listed_at is not None and now - self.listed_at < _LIST_EVERY_SECONDS:
            return
        self.listed_at = now
        try:
            listing = cluster.call(lambda reader: reader.list_groups(timeout=timeout), timeout=timeout)
        except ApiUnavailable as failure:
            listing = GroupListing(groups=(), failed=Unmeasured(Reason(failure.reason), str(failure)))
        except KafkaMirrorExporterError as failure:
            listing = GroupListing(groups=(), failed=Unmeasured(Reason.API_TIMEOUT, str(failure)))
        if listing.failed is not None and self.listing_failed is None:
            _log.warning("groups of the %s cannot be listed: %s", self.side, listing.failed.detail)
        self.listing_failed = listing.failed
        kept = self.names if listing.failed is not None else ()
        known = {*listing.groups, *kept, *self.filter.literal_names}
        self.names = tuple(sorted(group for group in known if self.filter.selects(group)))

    def read_members(self, cluster: ClusterSide, *, now: float, timeout: float) -> None:
        """Reads who is a member of what, from time to time; only of groups that have commits here."""
        names = tuple(sorted(group for group, commits in self.offsets.found.items() if commits))
        is_due = self.described_at is None or now - self.described_at >= _DESCRIBE_EVERY_SECONDS
        if not is_due and names == self.described:
            return
        self.described_at, self.described = now, names
        if not names:
            self.members = {}
            return
        try:
            described = cluster.call(
                lambda reader: reader.read_group_members(names, timeout=timeout), timeout=timeout
            )
        except ApiUnavailable as failure:
            _log.info("members of groups of the %s stay unknown: %s", self.side, failure)
            self.members = {}
            return
        self.members = dict(described.found)
