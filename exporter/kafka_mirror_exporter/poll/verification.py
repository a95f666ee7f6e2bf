"""Compares the tails of both logs, and reads on where they disagree.

Rounds of a poll, each one fetch for many partitions:

    target tails -> source twins -> match: proven
                                 -> no match: walk both logs from the last proven pair (Reconciliation)
                                 -> too far to walk, or no pair at all: look the twin up by its timestamp
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kafka_mirror_exporter.clusters.reader import Fetched
from kafka_mirror_exporter.core.comparison import Comparison
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.mirrormaker2 import provenance_offset
from kafka_mirror_exporter.core.offsets import OffsetRange, TopicPartition
from kafka_mirror_exporter.core.records import LogRecord
from kafka_mirror_exporter.core.urgency import Urgency, urgency
from kafka_mirror_exporter.poll.candidates import Candidate
from kafka_mirror_exporter.poll.settings import MirrorSettings
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline, Reads
from kafka_mirror_exporter.poll.twins import TwinSearch
from kafka_mirror_exporter.poll.walks import Walks

_LOOK_BACK = 64
_MAX_WALK = 8_000
_MAX_WALK_ROUNDS = 6
_ROTATION_SHARE = 0.2
_COMPARISONS_BEFORE_GIVING_UP = 6
_TYPICAL_FETCH_BYTES = 20_000


def _nothing_is(_topic: str) -> bool:
    return False


@dataclass(slots=True)
class Verifier:
    """The judge of one mirror's positions; carried from poll to poll.

    Records with the `marker_header` are a dual-write proxy's own. Where its path `is_engaged`, every step is
    compared at once: its records may bend the line at any moment.
    """

    comparison: Comparison
    may_read: Callable[[str], bool]
    marker_header: str | None = None
    is_engaged: Callable[[str], bool] = _nothing_is
    rotation_seconds: float = 30.0
    comparisons: int = 0
    matches: int = 0
    marker_tails: set[TopicPartition] = field(default_factory=set)
    appended_by_target: set[TopicPartition] = field(default_factory=set)
    tails: dict[TopicPartition, LogRecord] = field(default_factory=dict)

    @property
    def is_unusable(self) -> bool:
        """Whether records were compared often and never once agreed: the mirror rewrites them."""
        return self.matches == 0 and self.comparisons >= _COMPARISONS_BEFORE_GIVING_UP

    def verify(
        self,
        candidates: Sequence[Candidate],
        *,
        source: ClusterSide,
        target: ClusterSide,
        reads: Reads,
        deadline: Deadline,
    ) -> None:
        """Compares as many of the candidates as budget and time allow, the most doubtful first."""
        work = _Round(self, source=source, target=target, reads=reads, deadline=deadline)
        work.check_identity([c for c in candidates if c.tracker.is_identity_doubted])
        chosen = self._choose(candidates, target)
        walking = [c for c in chosen if c.tracker.reconciliation is not None]
        work.read_tails([c for c in chosen if c.tracker.reconciliation is None])
        disproved, without_pair = work.compare_tails(
            [c for c in chosen if c.tail is not None or c.is_tail_foreign]
        )
        far: list[Candidate] = []
        for candidate in disproved:
            walk = candidate.tracker.disprove()
            is_near = walk is not None and candidate.target_end - walk.target_read_up_to <= _MAX_WALK
            if is_near:
                walking.append(candidate)
            else:
                candidate.tracker.give_up_walk()
                far.append(candidate)
        walks = Walks(self, source=source, target=target, reads=reads, deadline=deadline)
        for _ in range(_MAX_WALK_ROUNDS):
            walking = walks.walk(walking)
            if not walking or deadline.is_past:
                break
        TwinSearch(self, source=source, target=target, reads=reads, deadline=deadline).search(
            far + without_pair
        )

    def _choose(self, candidates: Iterable[Candidate], target: ClusterSide) -> list[Candidate]:
        """Who is compared now: whoever is doubted, then the rest in rotation within a share of the budget."""
        ranked: list[tuple[Urgency, float, Candidate]] = []
        for candidate in candidates:
            tracker = candidate.tracker
            is_engaged = self.is_engaged(candidate.source.topic)
            pressing = urgency(tracker, rotation_seconds=0.0 if is_engaged else self.rotation_seconds)
            if pressing is None:
                continue
            if is_engaged:
                pressing = min(pressing, Urgency.STANDING)
            if not self.may_read(candidate.source.topic) or (self.is_unusable and tracker.anchor is not None):
                tracker.stop_judging()
                continue
            ranked.append((pressing, tracker.proven_at or 0.0, candidate))
        ranked.sort(key=lambda entry: entry[:2])
        room = max(1, target.budget.available_bytes // _TYPICAL_FETCH_BYTES)
        rotating = max(1, int(room * _ROTATION_SHARE))
        urgent = [c for pressing, _, c in ranked if pressing < Urgency.ROTATION]
        if len(urgent) > room:
            target.budget.note_exhausted()
        return urgent[:room] + [c for pressing, _, c in ranked if pressing == Urgency.ROTATION][:rotating]

    def mirrored(self, records: Sequence[LogRecord]) -> Sequence[LogRecord]:
        """The target's records that the mirror may have written."""
        if self.marker_header is None:
            return records
        return [record for record in records if not record.has_header(self.marker_header)]

    def fingerprint(self, candidate: Candidate, record: LogRecord) -> int:
        """What two records must share; timestamps do not count where the target stamps records itself."""
        return self.comparison.fingerprint(
            record, with_timestamp=candidate.source not in self.appended_by_target
        )

    def note_tail(self, candidate: Candidate, record: LogRecord) -> None:
        """Takes a record as the target's tail."""
        candidate.tail = record
        self.tails[candidate.source] = record
        if record.timestamp_type == "append":
            self.appended_by_target.add(candidate.source)

    def forget(self, source: TopicPartition) -> None:
        """Drops what was learnt about a partition whose log is gone."""
        self.tails.pop(source, None)
        self.marker_tails.discard(source)
        self.appended_by_target.discard(source)

    @property
    def has_marker_tails(self) -> bool:
        """Whether most tails that were read end in a transaction's marker: an exactly-once mirror."""
        return bool(self.marker_tails) and 2 * len(self.marker_tails) >= len(self.tails)

    def count(self, *, is_match: bool) -> None:
        """Notes the outcome of a comparison of two records."""
        self.comparisons += 1
        self.matches += is_match


def verifier_of(settings: MirrorSettings, *, is_engaged: Callable[[str], bool]) -> Verifier:
    """The judge of a mirror, as it is configured."""
    return Verifier(
        comparison=settings.comparison,
        may_read=settings.may_read,
        marker_header=settings.marker_header,
        is_engaged=is_engaged,
    )


@dataclass(slots=True)
class _Round:
    """The fetches of one poll."""

    verifier: Verifier
    source: ClusterSide
    target: ClusterSide
    reads: Reads
    deadline: Deadline

    def _fetch_target(self, ranges: Mapping[TopicPartition, OffsetRange]) -> Fetched:
        return self.target.fetch(ranges, isolation=self.reads.target, deadline=self.deadline)

    def _fetch_source(self, ranges: Mapping[TopicPartition, OffsetRange]) -> Fetched:
        return self.source.fetch(ranges, isolation=self.reads.source, deadline=self.deadline)

    def check_identity(self, candidates: Sequence[Candidate]) -> None:
        """Whether the source still holds the record that was last compared; another one there is a reset."""
        ranges = {}
        for candidate in candidates:
            proven = candidate.tracker.proven
            if proven is not None and candidate.source_log_start < proven.upstream <= candidate.source_end:
                ranges[candidate.source] = OffsetRange(proven.upstream - 1, proven.upstream)
        fetched = self._fetch_source(ranges)
        for candidate in candidates:
            found = fetched.found.get(candidate.source)
            known = candidate.tracker.proven_fingerprint
            if candidate.source in ranges and found is None:
                continue
            candidate.tracker.is_identity_doubted = False
            if found is None or not found.records or known is None:
                continue
            if self.verifier.fingerprint(candidate, found.records[0]) != known:
                candidate.tracker.replace_source()

    def read_tails(self, candidates: Sequence[Candidate]) -> None:
        """Finds the target's last data record of each: at its end, or some markers before it."""
        near = [c for c in candidates if c.source not in self.verifier.marker_tails]
        behind_markers = self._read_tails(near, look_back=1)
        self.verifier.marker_tails.update(c.source for c in behind_markers if not c.is_tail_foreign)
        known = [c for c in candidates if c not in near]
        for candidate in self._read_tails(known + behind_markers, look_back=_LOOK_BACK):
            if not candidate.is_tail_foreign:
                candidate.tracker.leave_unproven(is_verifiable=False)

    def _read_tails(self, candidates: Sequence[Candidate], *, look_back: int) -> list[Candidate]:
        """Those in whose range no data record of the mirror stands."""
        ranges = {
            c.target: OffsetRange(max(c.target_log_start, c.target_end - look_back), c.target_end)
            for c in candidates
        }
        fetched = self._fetch_target(ranges)
        empty = []
        for candidate in candidates:
            if candidate.target in fetched.failed:
                self._leave(candidate, fetched.failed[candidate.target])
                continue
            found = fetched.found.get(candidate.target)
            if found is None or (not found.records and found.read_up_to < candidate.target_end):
                candidate.tracker.leave_unproven(is_verifiable=True)
            elif not self._note_tail(candidate, found.records):
                empty.append(candidate)
        return empty

    def _note_tail(self, candidate: Candidate, records: Sequence[LogRecord]) -> bool:
        """Whether one of the records can be the mirror's."""
        own = self.verifier.mirrored(records)
        candidate.is_tail_foreign = bool(records) and (not own or own[-1] is not records[-1])
        if own:
            self.verifier.note_tail(candidate, own[-1])
        return bool(own)

    @staticmethod
    def _leave(candidate: Candidate, failed: Unmeasured) -> None:
        """A fetch that failed may do better next time, but for one that is not allowed."""
        if failed.reason == Reason.NOT_AUTHORIZED:
            candidate.tracker.refuse(failed)
        else:
            candidate.tracker.leave_unproven(is_verifiable=True)

    def compare_tails(self, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
        """Those whose line is disproved, and those that have no line."""
        expecting: list[tuple[Candidate, int]] = []
        disproved: list[Candidate] = []
        without_pair: list[Candidate] = []
        for candidate in candidates:
            origin = provenance_offset(candidate.tail.headers) if candidate.tail is not None else None
            if origin is not None and origin < candidate.source_end:
                candidate.tracker.prove_by_header(origin + 1)
                self.verifier.count(is_match=True)
                continue
            expected = candidate.expected
            if candidate.is_tail_foreign and candidate.tracker.anchor is not None:
                # The target's end counts records that are not the mirror's: the line is bent.
                disproved.append(candidate)
            elif expected is None:
                without_pair.append(candidate)
            elif not 0 < expected <= candidate.source_end:
                self.verifier.count(is_match=False)
                disproved.append(candidate)
            elif expected <= candidate.source_log_start:
                self._leave_or_walk(candidate, disproved)
            else:
                expecting.append((candidate, expected))
        self._compare(expecting, disproved)
        return disproved, without_pair

    def _compare(self, expecting: Sequence[tuple[Candidate, int]], disproved: list[Candidate]) -> None:
        ranges = {}
        for candidate, expected in expecting:
            look_back = _LOOK_BACK if candidate.source in self.verifier.marker_tails else 1
            ranges[candidate.source] = OffsetRange(
                max(candidate.source_log_start, expected - look_back), expected
            )
        fetched = self._fetch_source(ranges)
        for candidate, expected in expecting:
            failed = fetched.failed.get(candidate.source)
            if failed is not None:
                self._leave(candidate, failed)
                continue
            records = fetched.found[candidate.source].records
            if fetched.found[candidate.source].read_up_to < expected:
                candidate.tracker.leave_unproven(is_verifiable=True)
            elif not records:
                self._leave_or_walk(candidate, disproved)
            elif not self._match(candidate, records):
                disproved.append(candidate)

    def _match(self, candidate: Candidate, records: Sequence[LogRecord]) -> bool:
        assert candidate.tail is not None  # noqa: S101  # the caller filtered
        wanted = self.verifier.fingerprint(candidate, candidate.tail)
        twin = next((r for r in reversed(records) if self.verifier.fingerprint(candidate, r) == wanted), None)
        self.verifier.count(is_match=twin is not None)
        if twin is None:
            return False
        candidate.tracker.prove(twin.offset + 1, fingerprint=wanted)
        return True

    def _leave_or_walk(self, candidate: Candidate, disproved: list[Candidate]) -> None:
        """The source no longer holds the record to compare with: fatal only to a line already in doubt."""
        if candidate.tracker.is_doubted and candidate.tracker.proven is not None:
            disproved.append(candidate)
        else:
            candidate.tracker.leave_unproven(is_verifiable=False)
