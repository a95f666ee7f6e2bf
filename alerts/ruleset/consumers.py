"""Alerts of consumer groups, judged on the side where each lives."""

import json
from collections.abc import Callable

from kafka_mirror_exporter.core.alerting import texts
from kafka_mirror_exporter.core.alerting.texts import AlertText

from ruleset.memory import ALL_EXPORTERS, GROUP, KNOWN_EXPORTERS, firing, held
from ruleset.model import Alert, Group, Parameters, Recording
from ruleset.text import asked, indented

_LAG = "group:kafka_mirror_group_lag_seconds:max"
_JUDGED = "group:kafka_mirror_group_judged:count"
_DEPARTED = "group:kafka_mirror_group_departed:max"
_PAGED = firing('alertname=~"KafkaMirrorGroup.+"', GROUP)
_ON_SOURCE, _ON_TARGET = (
    f"and on ({GROUP}) kafka_mirror_group_state{{{states}}}"
    for states in ('state="on_source"', 'state=~"on_target|on_both"')
)


def _on_judged_side(of_side: Callable[[str], str]) -> str:
    """What is said of the side on which each group is judged; nothing of groups that are not."""
    sides = (("source", _ON_SOURCE), ("target", _ON_TARGET))
    return indented("\nor\n".join(f"{of_side(side)}\n  {lives}" for side, lives in sides))


def _longest_wait(side: str) -> str:
    return f'max by ({GROUP}, side) (kafka_mirror_group_lag_seconds{{side="{side}"}})'


def _has_unknown_waits(side: str) -> str:
    """By exporter, for each knows what it has read itself."""
    counts = [
        f'count by (job, instance, {GROUP}) (kafka_mirror_group_{metric}{{side="{side}"}})'
        for metric in ("committed_offset", "lag_seconds")
    ]
    return "\n  > ".join(counts)


_RECORDINGS = (
    Recording(
        _LAG,
        f"max by ({GROUP}) (\n{_on_judged_side(_longest_wait)}\n)\n",
        "How long the first unread record of a group has been waiting, on the side where the group lives.",
    ),
    Recording(
        "group:kafka_mirror_group_unmeasured:count",
        f"count by ({GROUP}) (\n{_on_judged_side(_has_unknown_waits)}\n)\n",
        "Exporters that know fewer waits of a group than commits, on the side where it lives.",
    ),
    Recording(
        _JUDGED,
        f"count by ({GROUP}) (\n"
        '  kafka_mirror_group_state{state="abandoned"}\n'
        "  or\n"
        '  kafka_mirror_group_state{state=~"on_source|on_target|on_both"}\n'
        f"    and on ({GROUP}) {_LAG}\n"
        f"    and on ({GROUP}) {_LAG} offset <settled>\n"
        "    and on (source, target) kafka_mirror_polls_total > 1\n"
        f"    unless on ({GROUP}) group:kafka_mirror_group_unmeasured:count\n"
        ")\n",
        "Exporters by whose word a page of a group may end.",
    ),
    Recording(
        _DEPARTED,
        f"{_PAGED}\n"
        f"  unless on ({GROUP}) kafka_mirror_group_state\n"
        f"  and on (source, target)\n{indented(indented(ALL_EXPORTERS))}\n"
        "or\n"
        f"{_PAGED}\n"
        f"  unless on (source, target) {KNOWN_EXPORTERS}\n",
        "Groups with a firing alert that nobody sees any more, though as many exporters look as usual.",
    ),
)

_AT_PARTITION = texts.GROUP_PARTITION.format(partition="{{ . }}")
_OF_GROUP = "{source=%q,target=%q,group=%q}"
_WHERE = asked(
    # The other side may be further behind, and not count.
    f"topk(1, max by (side, topic, partition) (kafka_mirror_group_lag_seconds{_OF_GROUP}"
    f" == on ({GROUP}) group_left () {_LAG}{_OF_GROUP}))",
    "{{ with . | first }}"
    + texts.GROUP_WHERE.format(
        side="{{ .Labels.side }}",
        topic="{{ .Labels.topic }}",
        at_partition=f"{{{{ with .Labels.partition }}}}{_AT_PARTITION}{{{{ end }}}}",
    )
    + "{{ end }}",
    labels="source target group source target group",
)


def _lag_high(text: AlertText, matcher: str) -> Alert:
    condition = (
        f"{_LAG}{matcher}\n"
        "  > on (source, target) group_left ()\n"
        '    max by (source, target) (kafka_mirror_group_threshold_seconds{level="lag"})\n'
        f"  and on ({GROUP}) {_LAG} offset <settled>\n"
        "  and on (source, target) kafka_mirror_polls_total > 1"
    )
    ended = (f"unless on ({GROUP}) {_JUDGED}", f"unless on ({GROUP}) {_DEPARTED}")
    return Alert(
        text=text,
        expr=held(condition, name=text.name, by=GROUP, ended=ended, severity=text.severity),
        fields={"where": _WHERE},
    )


def consumer_group(parameters: Parameters) -> Group:
    """One alert, or two where some groups are named as critical."""
    critical = parameters.critical_groups
    alerts = [_lag_high(texts.GROUP_LAG_HIGH, "")]
    if critical is not None:
        alerts = [
            _lag_high(texts.GROUP_LAG_HIGH_CRITICAL, f"{{group=~{json.dumps(critical)}}}"),
            _lag_high(texts.GROUP_LAG_HIGH, f"{{group!~{json.dumps(critical)}}}"),
        ]
    return Group("kafka-mirror-groups", (*_RECORDINGS, *alerts))
