"""Reads both logs on from the last proven pair, for partitions whose line was disproved.

One chunk of each log a round; a walk that is not done goes on in the next round, or in the next poll.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kafka_mirror_exporter.core.offsets import OffsetRange
from kafka_mirror_exporter.poll.candidates import Candidate
from kafka_mirror_exporter.poll.side import ClusterSide, Deadline, Reads

if TYPE_CHECKING:
    from kafka_mirror_exporter.poll.verification import Verifier

_CHUNK = 2_000


@dataclass(slots=True)
class Walks:
    """The walks of one poll."""

    verifier: "Verifier"
    source: ClusterSide
    target: ClusterSide
    reads: Reads
    deadline: Deadline

    def walk(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """One chunk of both logs for each; those that are not done yet."""
        if not candidates:
            return []
        walks = [(c, c.tracker.reconciliation) for c in candidates if c.tracker.reconciliation is not None]
        fetched = self.target.fetch(
            {
                c.target: OffsetRange(
                    min(max(w.target_read_up_to, c.target_log_start), c.target_end),
                    min(max(w.target_read_up_to, c.target_log_start) + _CHUNK, c.target_end),
                )
                for c, w in walks
            },
            isolation=self.reads.target,
            deadline=self.deadline,
        )
        for candidate, walk in walks:
            found = fetched.found.get(candidate.target)
            if found is None:
                continue
            own = self.verifier.mirrored(found.records)
            if own:
                self.verifier.note_tail(candidate, own[-1])
            walk.add_target(
                (self.verifier.fingerprint(candidate, r) for r in own), read_up_to=found.read_up_to
            )
        return self._walk_source([c for c, _ in walks])

    def _walk_source(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        ranges = {}
        for candidate in candidates:
            walk = candidate.tracker.reconciliation
            assert walk is not None  # noqa: S101  # the caller filtered
            walk.skip_deleted(candidate.source_log_start)
            walk.skip_mirrored(min(candidate.tracker.floor or 0, candidate.source_end))
            ranges[candidate.source] = OffsetRange(
                walk.position, max(walk.position, min(walk.position + _CHUNK, candidate.source_end))
            )
        fetched = self.source.fetch(ranges, isolation=self.reads.source, deadline=self.deadline)
        unfinished = []
        for candidate in candidates:
            walk = candidate.tracker.reconciliation
            assert walk is not None  # noqa: S101  # as above
            wanted = ranges[candidate.source]
            found = fetched.found.get(candidate.source)
            if found is None and len(wanted):
                continue
            before = walk.passed
            if found is not None:
                walk.walk_source((r.offset, self.verifier.fingerprint(candidate, r)) for r in found.records)
                self.verifier.comparisons += bool(found.records)
            self.verifier.matches += walk.passed - before
            read_up_to = found.read_up_to if found is not None else wanted.end
            has_read_source = walk.is_blocked or read_up_to >= candidate.source_end
            if walk.target_read_up_to < candidate.target_end or not has_read_source:
                unfinished.append(candidate)
            else:
                self._finish(candidate)
        return unfinished

    def _finish(self, candidate: Candidate) -> None:
        tracker = candidate.tracker
        walk = tracker.reconciliation
        assert walk is not None  # noqa: S101  # the caller filtered
        tracker.settle_walk()
        if walk.is_in_step:
            tracker.prove(walk.position, origin="tail_match")
        else:
            tracker.is_reconciled = True
            tracker.is_doubted = False
