"""Positions against logs whose truth the test builds itself."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_mirror_exporter.core.comparison import Comparison
from kafka_mirror_exporter.core.offsets import Anchor, OffsetRange, TopicPartition
from kafka_mirror_exporter.core.reading import VERIFIED
from kafka_mirror_exporter.core.witnesses import MirrorPosition
from kafka_mirror_exporter.poll.budget import ByteBudget
from kafka_mirror_exporter.poll.positions import MirrorWitnesses, PositionPoll
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline, Reads
from kafka_mirror_exporter.poll.verification import Verifier
from kafka_mirror_exporter.poll.watermarks import WatermarkReader

from fake_cluster import FakeCaller, FakeCluster, FakeLog

TP = TopicPartition("orders", 0)
TARGET_TP = TopicPartition("legacy.orders", 0)


@dataclass(slots=True)
class Mirror:
    """A mirror of one partition in the test's hands; its truth is what it copied."""

    now: float = 0.0
    source: FakeCluster = field(default_factory=FakeCluster)
    target: FakeCluster = field(default_factory=FakeCluster)
    next_offset: int = 0
    last_copied: int = -1
    stored: int | None = None
    tells_offsets: bool = False
    pairs: list[Anchor] = field(default_factory=list)
    poll: PositionPoll = field(
        default_factory=lambda: PositionPoll(
            verifier=Verifier(comparison=Comparison(), may_read=lambda _: True)
        )
    )
    watermarks: WatermarkReader | None = None

    @property
    def source_log(self) -> FakeLog:
        return self.source.log(*TP)

    @property
    def target_log(self) -> FakeLog:
        return self.target.log(*TARGET_TP)

    def produce(self, count: int) -> None:
        for _ in range(count):
            self.source_log.append(b"%d" % self.source_log.end, timestamp_ms=int(self.now * 1000))

    def copy(self, count: int, *, pair: bool = False) -> None:
        """Copies the next data records; writes an offset sync for the first of them if asked."""
        self.next_offset = max(self.next_offset, self.source_log.start)
        while count and self.next_offset < self.source_log.end:
            record = self.source_log.entries[self.next_offset]
            if record is not None:
                if pair:
                    self.pairs.append(Anchor(self.next_offset, self.target_log.end))
                    pair = False
                told = (("kafka-origin-offset", b"%d" % record.offset),) if self.tells_offsets else ()
                self.target_log.append(record.value or b"", timestamp_ms=record.timestamp_ms, headers=told)
                self.last_copied = max(self.last_copied, record.offset)
                count -= 1
            self.next_offset += 1

    def restart(self, *, resends: int) -> None:
        """Kills the mirror: it starts over some records before where it was, and nothing tells so."""
        self.next_offset = max(0, self.next_offset - resends)

    def measure(self) -> MirrorPosition:
        self.now += 1.0
        self.source_log, self.target_log  # noqa: B018  # both logs exist
        sides = []
        for name, cluster in (("source", self.source), ("target", self.target)):
            side = ClusterSide(
                name, FakeCaller(cluster), ByteBudget(bytes_per_second=1e9, interval_seconds=1)
            )
            side.metadata, side.is_up = cluster.read_metadata(timeout=1), True
            sides.append(side)
        self.watermarks = self.watermarks or WatermarkReader(lambda: self.now, lambda: self.now)
        deadline = Deadline(lambda: self.now, self.now + 4)
        marks = self.watermarks.read(
            *sides,
            source_partitions=[TP],
            target_partitions=[TARGET_TP],
            isolation="read_uncommitted",
            target_isolation="read_uncommitted",
            deadline=deadline,
        )
        witnesses = MirrorWitnesses(
            pairs={TP: tuple(self.pairs)}, stored={} if self.stored is None else {TP: self.stored}
        )
        self.pairs.clear()
        position = self.poll.judge(
            {TP: TARGET_TP},
            marks,
            witnesses,
            source=sides[0],
            target=sides[1],
            reads=Reads(),
            deadline=deadline,
        )[TP]
        assert isinstance(position, MirrorPosition), position
        return position

    @property
    def lost(self) -> int:
        return self.poll.trackers[TP].ledger.lost


def flowing() -> Mirror:
    """A mirror that has copied 500 of 500 records and is proven there."""
    mirror = Mirror()
    mirror.produce(500)
    mirror.copy(500, pair=True)
    assert mirror.measure().offset == 500
    return mirror


def test_a_plain_mirror_is_exact_from_one_old_pair() -> None:
    mirror = flowing()
    mirror.produce(300)
    mirror.copy(120)

    position = mirror.measure()

    assert (position.offset, position.origin) == (620, "offset_sync")


def test_nothing_is_mirrored_while_the_target_is_empty() -> None:
    mirror = Mirror()
    mirror.produce(10)

    position = mirror.measure()

    assert (position.offset, position.origin) == (0, "not_mirrored_yet")


def test_what_was_gone_before_the_mirror_began_is_known_whenever_it_begins() -> None:
    mirror = Mirror()
    mirror.produce(50)
    mirror.source_log.start = 30
    mirror.measure()
    mirror.copy(10, pair=True)
    mirror.measure()

    assert mirror.poll.trackers[TP].pre_mirror == 30
    assert mirror.lost == 0


def test_records_sent_again_after_a_restart_do_not_move_the_position() -> None:
    mirror = flowing()
    mirror.produce(300)
    mirror.copy(100)
    mirror.measure()
    mirror.measure()
    mirror.restart(resends=60)
    mirror.copy(80)

    position = mirror.measure()

    assert (position.offset, position.verified) == (620, VERIFIED)


def test_records_sent_again_while_nothing_new_came_do_not_move_the_position() -> None:
    mirror = flowing()
    mirror.restart(resends=60)
    mirror.copy(60)

    assert mirror.measure().offset == 500


def test_a_second_writer_with_records_of_its_own_does_not_move_the_position() -> None:
    mirror = flowing()
    mirror.produce(100)
    mirror.measure()
    mirror.measure()
    for number in range(15):
        mirror.target_log.append(b"foreign %d" % number, timestamp_ms=int(mirror.now * 1000))

    assert mirror.measure().offset == 500


@pytest.mark.parametrize("foreign", [0, 200], ids=["only identical", "after records of its own"])
def test_identical_records_of_a_second_writer_do_not_hide_the_gap_before_them(foreign: int) -> None:
    mirror = flowing()
    mirror.produce(100)  # the gap
    mirror.measure()
    mirror.measure()
    for number in range(foreign):
        mirror.target_log.append(b"foreign %d" % number, timestamp_ms=int(mirror.now * 1000))
    mirror.measure()
    mirror.produce(50)
    for record in mirror.source_log.entries[-50:]:
        assert record is not None
        mirror.target_log.append(record.value or b"", timestamp_ms=record.timestamp_ms)

    assert mirror.measure().offset == 500
    mirror.copy(99)
    assert mirror.measure().offset == 599  # one record of the gap is still missing
    mirror.copy(1)
    assert mirror.measure().offset >= 600
    mirror.copy(50)
    assert mirror.measure().offset == 650


def test_markers_on_the_source_are_passed() -> None:
    mirror = flowing()
    mirror.produce(10)
    mirror.source_log.append_marker()
    mirror.produce(10)
    mirror.copy(10)
    mirror.copy(10, pair=True)

    assert mirror.measure().offset == 521


def test_markers_on_the_source_are_passed_without_a_pair_once_records_are_compared() -> None:
    mirror = flowing()
    for _ in range(8):
        mirror.now += 10
        mirror.produce(10)
        mirror.source_log.append_marker()
        mirror.copy(10)
        mirror.measure()
    last = mirror.measure()

    assert (last.offset, last.verified) == (500 + 8 * 11 - 1, VERIFIED)


def test_markers_on_the_target_are_not_counted() -> None:
    mirror = flowing()
    for _ in range(5):
        mirror.produce(10)
        mirror.copy(10)
        mirror.target_log.append_marker()
        assert mirror.measure().offset == mirror.next_offset


def test_a_marker_that_is_deleted_is_no_loss() -> None:
    mirror = flowing()
    mirror.source_log.append_marker()
    mirror.measure()
    mirror.poll.trackers[TP].ledger.clear = OffsetRange(500, 501)
    mirror.source_log.start = 501
    mirror.measure()
    mirror.measure()

    assert mirror.lost == 0


def test_records_deleted_before_a_paused_mirror_read_them_are_counted_once() -> None:
    mirror = flowing()
    mirror.produce(300)
    mirror.measure()
    mirror.source_log.start = 740  # 500..739 are gone, the mirror never saw them
    mirror.measure()
    mirror.measure()
    assert mirror.lost == 240
    mirror.copy(60, pair=True)

    assert mirror.measure().offset == 800
    assert mirror.lost == 240


def test_records_deleted_before_the_last_position_could_be_compared_are_counted_all_the_same() -> None:
    mirror = flowing()
    mirror.produce(100)
    mirror.copy(100)
    mirror.produce(200)
    mirror.source_log.start = 700  # the last record mirrored, 599, is gone, too
    mirror.measure()
    mirror.measure()

    assert mirror.lost == 100


def test_what_was_mirrored_before_it_was_sent_again_and_deleted_is_no_loss() -> None:
    mirror = flowing()
    mirror.produce(100)
    mirror.restart(resends=100)
    mirror.copy(50, pair=True)  # 400 to 449, for the second time
    mirror.measure()
    mirror.source_log.start = 500
    mirror.copy(100)
    mirror.measure()
    mirror.measure()

    assert mirror.lost == 0


def test_a_hole_between_two_headers_is_a_loss() -> None:
    mirror = flowing()
    mirror.tells_offsets = True
    mirror.produce(10)
    mirror.copy(10)
    mirror.measure()
    mirror.produce(300)
    mirror.source_log.start = 740  # 510 to 739 are gone before the mirror read them
    mirror.copy(60)
    mirror.measure()

    assert (mirror.measure().offset, mirror.lost) == (800, 230)


def test_nothing_is_counted_by_a_line_that_may_be_bent() -> None:
    mirror = flowing()
    mirror.produce(100)
    mirror.measure()
    mirror.measure()
    mirror.restart(resends=50)  # it stood still, then sends 50 again before 50 new ones
    mirror.copy(100)
    mirror.source_log.start = 590
    mirror.measure()
    mirror.measure()

    assert mirror.lost == 0


@pytest.mark.parametrize("writes_pair", [True, False], ids=["with a pair", "without"])
@pytest.mark.parametrize("mirrored", [0, 30], ids=["at once", "some were mirrored before"])
def test_records_deleted_between_two_polls_are_counted_after_the_jump(
    *, writes_pair: bool, mirrored: int
) -> None:
    mirror = flowing()
    mirror.produce(300)
    mirror.measure()
    mirror.copy(mirrored)
    mirror.source_log.start = 540
    mirror.copy(100, pair=writes_pair)

    assert mirror.measure().offset == 640
    mirror.measure()
    assert mirror.lost == 40 - mirrored


def test_a_recreated_source_topic_is_a_reset_and_no_calm() -> None:
    mirror = flowing()
    mirror.source.logs[TP] = FakeLog()
    mirror.next_offset = 0
    mirror.now += 1
    mirror.produce(20)

    assert mirror.measure().offset == 0
    assert mirror.poll.trackers[TP].resets == 1
    mirror.copy(15, pair=True)
    assert mirror.measure().offset == 15
    assert mirror.poll.trackers[TP].resets == 1


def test_a_topic_recreated_unseen_and_grown_beyond_its_old_end_is_a_reset() -> None:
    mirror = flowing()
    mirror.source.logs[TP] = FakeLog()
    mirror.next_offset = 0
    mirror.now += 30
    for number in range(700):
        mirror.source_log.append(b"anew %d" % number, timestamp_ms=int(mirror.now * 1000))
    mirror.copy(100, pair=True)

    assert mirror.measure().offset == 100
    assert mirror.poll.trackers[TP].resets == 1


def test_without_pairs_the_tail_finds_the_position_and_keeps_it() -> None:
    mirror = Mirror()
    mirror.produce(500)
    mirror.copy(420)

    position = mirror.measure()

    assert (position.offset, position.origin, position.verified) == (420, "tail_match", VERIFIED)
    mirror.copy(30)
    assert mirror.measure().offset == 450


def test_a_mirror_that_rewrites_records_is_believed_unverified() -> None:
    mirror = Mirror()
    mirror.produce(500)
    mirror.pairs.append(Anchor(0, 0))
    for _ in range(12):
        for _ in range(10):
            mirror.target_log.append(b"rewritten", timestamp_ms=1)
        position = mirror.measure()

    assert (position.offset, position.origin) == (120, "offset_sync")
    assert position.verified != VERIFIED


@given(st.integers(0, 2**32), st.lists(st.sampled_from("pppcccccrfmjx"), min_size=1, max_size=40))
def test_a_verified_position_is_the_truth_whatever_happens(seed: int, events: list[str]) -> None:
    """Producing, copying, restarting, foreign writers, markers, deletions: verified means true."""
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    mirror = Mirror()
    mirror.produce(20)
    mirror.copy(20, pair=True)
    reached, last = mirror.next_offset, 0
    for event in events:
        if event == "p":
            mirror.produce(chance.randint(0, 40))
        elif event == "c":
            mirror.copy(chance.randint(0, 60), pair=chance.random() < 0.2)
        elif event == "r":
            mirror.restart(resends=chance.randint(0, 30))
        elif event == "f":
            mirror.target_log.append(
                b"foreign %d" % chance.randint(0, 9), timestamp_ms=int(mirror.now * 1000)
            )
        elif event == "m":
            mirror.source_log.append_marker()
        elif event == "j":
            mirror.target_log.append_marker()
        elif event == "x":
            mirror.source_log.start = max(mirror.source_log.start, mirror.last_copied + 1)
        reached = max(reached, mirror.next_offset)
        position = mirror.measure()

        if position.verified == VERIFIED:
            data = [r.offset for r in mirror.source_log.entries if r is not None]
            beyond = [o for o in data if position.offset <= o]
            first_missing = next((o for o in data if o >= reached), mirror.source_log.end)
            assert (beyond[0] if beyond else mirror.source_log.end) == first_missing
            assert position.offset >= last
            last = position.offset
        assert 0 <= position.offset <= mirror.source_log.end
        # A marker that a dropped pair hides, deleted with the records around it, cannot be told from a record.
        assert mirror.lost <= events.count("m")
