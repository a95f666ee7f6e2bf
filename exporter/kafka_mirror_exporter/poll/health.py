"""How a cluster answered in a poll."""

from kafka_mirror_exporter.core.measurement import Reason
from kafka_mirror_exporter.core.reading import SideHealth
from kafka_mirror_exporter.poll.side import ClusterSide
from kafka_mirror_exporter.poll.watermarks import SideOffsets


def side_health(side: ClusterSide, offsets: SideOffsets) -> SideHealth:
    """Which brokers answered, which did not, and what watching has cost so far."""
    brokers = set(side.metadata.brokers) if side.metadata else set()
    side.known_brokers |= brokers
    silent = [tp for tp, why in offsets.ends.failed.items() if why.reason == Reason.LEADER_UNREACHABLE]
    failing = {leader for leader in side.leaders(silent).values() if leader in brokers}
    is_leaderless = side.metadata is not None and any(
        leader < 0 for partitions in side.metadata.topics.values() for leader in partitions.values()
    )
    # A broker that hangs for long is no longer named, but the partitions it led have nobody.
    missing = side.known_brokers - brokers if is_leaderless else set()
    return SideHealth(
        up=side.is_up,
        brokers_answering=len(brokers - failing) if side.is_up else 0,
        brokers_failing=len(failing | missing) if side.is_up else len(brokers),
        received_bytes=side.traffic.received_bytes,
        requests=side.traffic.requests,
        budget_exhausted=side.budget.exhausted_polls,
        error=side.error,
    )
