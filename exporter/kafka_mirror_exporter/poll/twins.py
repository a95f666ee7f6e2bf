"""Finds the source's twin of a target's tail record without an anchor: by timestamp, then by content.

The timestamp only says where to look (many records share a millisecond, and markers count in the lookup);
the content decides. Where whole records repeat, the first twin is taken: the pessimistic end.
A twin further on the source than the target has grown since the last anchor is not believed: a second
writer's copy at the tail looks just like it while records before it are still missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kafka_mirror_exporter.clusters.reader import NO_OFFSET
from kafka_mirror_exporter.core.offsets import OffsetRange, TopicPartition
from kafka_mirror_exporter.core.records import LogRecord
from kafka_mirror_exporter.errors import ApiUnavailable
from kafka_mirror_exporter.poll.candidates import Candidate
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline, Reads

if TYPE_CHECKING:
    from kafka_mirror_exporter.poll.verification import Verifier

_SCAN = 512
_FOREIGN_RECORDS_PASSED = 8


@dataclass(slots=True)
class TwinSearch:
    """The search of one poll."""

    verifier: "Verifier"
    source: ClusterSide
    target: ClusterSide
    reads: Reads
    deadline: Deadline

    def search(self, candidates: Sequence[Candidate]) -> None:
        """Anchors each candidate whose tail, or one of the few records before it, has a twin."""
        candidates = [
            c for c in candidates if c.tail is not None and c.source not in self.verifier.appended_by_target
        ]
        if not candidates:
            return
        missed = self._search_tails([(c, [c.tail] if c.tail else []) for c in candidates])
        if not missed or self.deadline.is_past:
            return
        ranges = {
            c.target: OffsetRange(
                max(c.target_log_start, c.target_end - _FOREIGN_RECORDS_PASSED * 2), c.target_end
            )
            for c in missed
        }
        fetched = self.target.fetch(ranges, isolation=self.reads.target, deadline=self.deadline)
        self._search_tails(
            [
                (c, self._before_tail(c, fetched.found[c.target].records))
                for c in missed
                if c.target in fetched.found
            ]
        )

    def _before_tail(self, candidate: Candidate, records: Sequence[LogRecord]) -> list[LogRecord]:
        """The records that the mirror may have written before the tail, newest first."""
        end = candidate.tail.offset if candidate.tail is not None else candidate.target_end
        before = [record for record in self.verifier.mirrored(records) if record.offset < end]
        return before[::-1][:_FOREIGN_RECORDS_PASSED]

    def _search_tails(self, wanted: Sequence[tuple[Candidate, Sequence[LogRecord]]]) -> list[Candidate]:
        """Those for which none of the records has a twin; records come newest first."""
        oldest = {c.source: records[-1].timestamp_ms for c, records in wanted if records}
        starts = self._lookup(oldest, wanted)
        fetched = self.source.fetch(
            {tp: OffsetRange(start, end) for tp, (start, end) in starts.items()},
            isolation=self.reads.source,
            deadline=self.deadline,
        )
        missed = []
        for candidate, records in wanted:
            found = fetched.found.get(candidate.source)
            if found is None or not self._anchor(candidate, records, found.records):
                missed.append(candidate)
        return missed

    def _lookup(
        self,
        timestamps: dict[TopicPartition, int],
        wanted: Sequence[tuple[Candidate, Sequence[LogRecord]]],
    ) -> dict[TopicPartition, tuple[int, int]]:
        """Where on the source to look for each; near the end where the cluster cannot look up times."""
        timeout = self.deadline.remaining(at_most=1.0)
        leaders = self.source.leaders(timestamps)
        found: dict[TopicPartition, int] = {}
        try:
            found = dict(
                self.source.call(
                    lambda reader: reader.read_offsets_at(timestamps, leaders, timeout=timeout),
                    timeout=timeout,
                ).found
            )
        except ApiUnavailable:
            found = {}
        ranges = {}
        for candidate, _ in wanted:
            start = found.get(candidate.source, NO_OFFSET)
            if start == NO_OFFSET:
                start = max(candidate.source_log_start, candidate.source_end - _SCAN)
            ranges[candidate.source] = (start, max(start, min(start + _SCAN, candidate.source_end)))
        return ranges

    def _anchor(
        self, candidate: Candidate, records: Sequence[LogRecord], source_records: Sequence[LogRecord]
    ) -> bool:
        first_by_content: dict[int, int] = {}
        for record in source_records:
            first_by_content.setdefault(self.verifier.fingerprint(candidate, record), record.offset)
        for record in records:
            offset = first_by_content.get(self.verifier.fingerprint(candidate, record))
            if offset is None:
                continue
            self.verifier.count(is_match=True)
            if self._is_believable(candidate, offset + 1):
                candidate.tracker.prove(offset + 1, origin="tail_match")
            return True
        self.verifier.count(is_match=False)
        return False

    @staticmethod
    def _is_believable(candidate: Candidate, position: int) -> bool:
        anchor = candidate.tracker.proven or candidate.tracker.anchor
        return anchor is None or position - anchor.upstream <= candidate.target_end - anchor.downstream
