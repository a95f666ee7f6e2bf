"""The exporter's own health: whether it reaches the clusters, how fresh its data are, and what it costs."""

from grafana.colours import BLIND, CALM, PAGE, WARN, fixed, texts
from grafana.panels import Head, Panel, Query, by_name, stat, state_timeline, timeseries
from grafana.queries import MIRROR, MIRROR_LABELS, total, worst

_MIRROR = "{{source}} → {{target}}"


def panels() -> list[Panel]:
    """From left to right."""
    return [
        _clusters(), _brokers(), _age(), _duration(), _stages(), _failures(), _bytes(), _requests(), _budget(),
        _origins(), _heartbeat(), _tasks(), _configuration(), _limited(),
    ]  # fmt: skip


def _clusters() -> Panel:
    return state_timeline(
        Head(
            title="Clusters",
            description="Whether the last poll could read the metadata of each cluster, and is not too old. While a"
            " cluster is unreachable its figures are absent, not zero.",
        ),
        Query(
            legend=f"{_MIRROR}: {{{{side}}}}",
            expr=f"min by ({MIRROR_LABELS}, side) (kafka_mirror_cluster_up{{{MIRROR}}})",
        ),
        texts({0: ("unreachable", BLIND), 1: ("up", CALM)}),
    )


def _brokers() -> Panel:
    return timeseries(
        Head(
            title="Brokers",
            description="Brokers by whether they answer. Partitions led by one that fails are unmeasured.",
        ),
        Query(
            legend="{{side}} {{state}} ({{source}} → {{target}})",
            expr=worst(f"{MIRROR_LABELS}, side, state", "brokers", MIRROR),
        ),
    )


def _age() -> Panel:
    return timeseries(
        Head(
            title="Age of the data",
            description="How old the newest good result of each stage is, of the slowest replica. Figures older than"
            " three polls are withdrawn.",
            unit="s", width=8,
        ),
        Query(
            legend="{{stage}} ({{source}} → {{target}})",
            expr=worst(f"{MIRROR_LABELS}, stage", "data_age_seconds", MIRROR),
        ),
    )  # fmt: skip


def _duration() -> Panel:
    return timeseries(
        Head(
            title="Duration of a poll",
            description="How long the last whole poll took. Near the polling interval, figures come late.",
            unit="s", width=8,
        ),
        Query(expr=worst(MIRROR_LABELS, "poll_duration_seconds", MIRROR)),
    )  # fmt: skip


def _stages() -> Panel:
    return timeseries(
        Head(
            title="Duration of the stages of a poll",
            description="Stages run side by side where they can, so that they add up to more than the whole poll.",
            unit="s", width=8,
        ),
        Query(
            legend="{{stage}} ({{source}} → {{target}})",
            expr=worst(f"{MIRROR_LABELS}, stage", "poll_stage_duration_seconds", MIRROR),
        ),
    )  # fmt: skip


def _counted(metric: str, label: str) -> str:
    return (
        f"max by ({MIRROR_LABELS}, {label}) (rate(kafka_mirror_{metric}_total{{{MIRROR}}}[$__rate_interval]))"
    )


def _failures() -> Panel:
    polls = f"max by ({MIRROR_LABELS}) (rate(kafka_mirror_polls_total{{{MIRROR}}}[$__rate_interval]))"
    return timeseries(
        Head(
            title="Polls and stages that fail",
            description="Polls a second (0.2 at the default interval of 5 s; 0 when polling stands still), and failed"
            " stages a second.",
            unit="ops", width=6,
        ),
        Query(legend="polls ({{source}} → {{target}})", expr=polls),
        Query(ref="B", legend="{{stage}} failed ({{source}} → {{target}})", expr=_counted("poll_failures", "stage")),
    )  # fmt: skip


def _bytes() -> Panel:
    return timeseries(
        Head(
            title="Bytes from the clusters",
            description="What watching costs each cluster, of the busiest replica.",
            unit="Bps", width=6,
        ),
        Query(
            legend="{{side}} ({{source}} → {{target}})", expr=_counted("client_received_bytes", "side")
        ),
    )  # fmt: skip


def _requests() -> Panel:
    return timeseries(
        Head(
            title="Requests to the clusters",
            description="What watching costs each cluster, of the busiest replica.",
            unit="reqps", width=6,
        ),
        Query(legend="{{side}} ({{source}} → {{target}})", expr=_counted("client_requests", "side")),
    )  # fmt: skip


def _budget() -> Panel:
    return timeseries(
        Head(
            title="Fetch budget used up",
            description="Polls a second that left records unread: timestamps and comparisons of some partitions come"
            " later. Raise fetch_bytes_per_second if it lasts.",
            unit="ops", width=6,
        ),
        Query(legend="{{side}} ({{source}} → {{target}})", expr=_counted("fetch_budget_exhausted", "side")),
    )  # fmt: skip


def _origins() -> Panel:
    return timeseries(
        Head(
            title="Partitions by the origin of their position",
            description="What the position of each partition was learnt from. A sudden change is worth a look;"
            " unmeasured partitions have none.",
            height=9,
        ),
        Query(
            legend="{{origin}}", expr=total("origin", worst(f"{MIRROR_LABELS}, origin", "partitions", MIRROR))
        ),
        overrides=[by_name("unmeasured", color=fixed(BLIND))],
        is_stacked=True,
    )


def _heartbeat() -> Panel:
    return stat(
        Head(
            title="Age of MirrorMaker's heartbeat",
            description="How long ago the newest heartbeat that reached the target was made, by the clocks of"
            " MirrorMaker and Prometheus. Absent where MirrorMaker sends none.",
            unit="s", width=6, height=9,
        ),
        Query(expr=f"time() - {worst(MIRROR_LABELS, 'heartbeat_timestamp_seconds', MIRROR)}"),
        absent="no heartbeat",
    )  # fmt: skip


def _tasks() -> Panel:
    return timeseries(
        Head(
            title="Connector tasks",
            description="Tasks by state, where connect_urls are configured. Failed tasks copy nothing until they are"
            " restarted.",
            width=6, height=9,
        ),
        Query(
            legend="{{connector}} {{state}} ({{source}} → {{target}})",
            expr=worst(f"{MIRROR_LABELS}, connector, state", "connector_tasks", MIRROR),
        ),
    )  # fmt: skip


def _configuration() -> Panel:
    return stat(
        Head(
            title="Configuration",
            description="Whether the configuration was read without a fault at the last start or reload. After a bad"
            " reload the one before stays in force.",
            width=12, height=4,
        ),
        Query(legend="all replicas", expr="min(kafka_mirror_exporter_config_last_reload_successful)"),
        mappings=texts({0: ("the last reload failed", PAGE), 1: ("in force", CALM)}),
    )  # fmt: skip


def _limited() -> Panel:
    return stat(
        Head(
            title="Groups by partition",
            description="Whether groups are reported for each partition, or only for each topic because there would be"
            " more series than metrics.max_series.",
            width=12, height=4,
        ),
        Query(expr=worst(MIRROR_LABELS, "series_limited", MIRROR)),
        mappings=texts({0: ("for each partition", CALM), 1: ("only for each topic", WARN)}),
    )  # fmt: skip
