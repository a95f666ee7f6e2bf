"""Measures a few partitions again between two polls, in the same order and by the same judges."""

import logging
from collections.abc import Collection
from dataclasses import replace

from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import MirrorReading
from kafka_mirror_exporter.errors import KafkaMirrorExporterError
from kafka_mirror_exporter.poll.assembly import Findings
from kafka_mirror_exporter.poll.cycle import MirrorPoll
from kafka_mirror_exporter.poll.side import Deadline

_log = logging.getLogger(__name__)

_MOST_SECONDS = 2.0


class FastLane:
    """Goes on from what the last poll of a mirror found; used by the thread that polls it."""

    def __init__(self, poll: MirrorPoll) -> None:
        self._poll = poll

    def measure(self, hot: Collection[TopicPartition]) -> MirrorReading | None:
        """The last reading with these partitions as they are now; None if that cannot be said."""
        poll = self._poll
        if poll.last is None or not (poll.source.is_up and poll.target.is_up):
            return None
        deadline = Deadline(
            poll.clocks.monotonic,
            poll.clocks.monotonic() + min(_MOST_SECONDS, poll.settings.timeout_seconds),
        )
        try:
            return self._measured(*poll.last, hot, deadline)
        except KafkaMirrorExporterError as failure:
            # The next poll will say what is wrong.
            _log.debug("%s: nothing was measured between two polls: %s", poll.settings.source, failure)
            return None

    def _measured(
        self,
        before: Findings,
        reading: MirrorReading,
        hot: Collection[TopicPartition],
        deadline: Deadline,
    ) -> MirrorReading | None:
        poll, naming = self._poll, before.naming
        pairs = {tp: before.pairs[tp] for tp in hot if tp in before.pairs and tp.topic not in naming.hidden}
        if not pairs:
            return None
        for side in poll.sides:
            side.budget.fill(now=poll.clocks.monotonic())
        witnesses = poll.read_witnesses(naming, before.pairs, deadline)
        poll.keep_pairs({tp: found for tp, found in witnesses.pairs.items() if tp not in pairs})
        marks = poll.read_offsets(pairs, deadline)
        if not (poll.source.is_up and poll.target.is_up):
            return None
        findings = Findings(naming=naming, pairs=pairs, marks=marks, isolation=before.isolation)
        findings.positions = poll.judge_positions(findings, witnesses, deadline)
        log = poll.log_ends(marks, "source")
        poll.ahead.read_source(findings, cluster=poll.source, log=log, deadline=deadline)
        poll.note_clear_ranges(findings)
        newer = poll.assembly.columns(
            findings,
            index=tuple(sorted(pairs)),
            log=log,
            ahead=poll.ahead.readers["source"],
            positions=poll.positions,
            slow=poll.slow,
        )
        columns, rows = reading.partitions.renewed_by(newer)
        return replace(
            reading,
            partitions=columns,
            measured_at=marks.measured_at,
            measured_monotonic=marks.measured_monotonic,
            renewed=rows,
        )
