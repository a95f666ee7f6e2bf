"""The configuration as frozen, strict models; each default stands beside its key."""

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from kafka_mirror_exporter.config.clusters import (
    Section,
    SideName,
    SourceConfig,
    TargetConfig,
    Text,
)
from kafka_mirror_exporter.config.fallback import FallbackConfig, NotifyConfig
from kafka_mirror_exporter.config.thresholds import ThresholdsConfig, named_thresholds
from kafka_mirror_exporter.config.values import (
    Duration,
    HttpUrl,
    ListenAddress,
    Pattern,
    PatternsOrFlag,
    as_written,
)
from kafka_mirror_exporter.core.thresholds import (
    NameFilter,
    Thresholds,
    TopicOverride,
    TopicThresholds,
)

RecordPart = Literal["timestamp", "key", "value", "headers"]


class ReplicationPolicyConfig(Section):
    """How source topics are called on the target."""

    kind: Literal["auto", "default", "identity", "map"] = Field(
        default="auto", description="`auto` finds it once, from the names of the topics."
    )
    separator: Text | None = Field(
        default=None, description="Between alias and topic, where it is not a dot."
    )
    topics: dict[Text, Text] = Field(
        default_factory=dict, description="With `map`: the target's name of each source topic."
    )

    @model_validator(mode="after")
    def _map_is_whole(self) -> "ReplicationPolicyConfig":
        if (self.kind == "map") != bool(self.topics):
            raise PydanticCustomError(
                "policy_map", "`topics` belongs to kind `map`, which cannot be without it"
            )
        if len(set(self.topics.values())) != len(self.topics):
            raise PydanticCustomError("policy_twice", "maps two source topics to the same target topic")
        return self


class TopicsConfig(Section):
    """Which source topics are watched."""

    include: list[Pattern] = Field(default_factory=lambda: [".*"], description="Patterns, matched whole.")
    exclude: list[Pattern] = Field(default_factory=list, description="Patterns of what to leave out.")
    initial_sync: bool = Field(
        default=False, description="Whether topics that start far behind are being copied for the first time."
    )

    @property
    def is_default_include(self) -> bool:
        """Whether the selection was left to MirrorMaker 2, which does not tell it."""
        return "include" not in self.model_fields_set


class GroupsConfig(Section):
    """Which consumer groups are watched."""

    include: list[Pattern] = Field(default_factory=lambda: [".*"], description="Patterns, matched whole.")
    exclude: list[Pattern] = Field(
        default_factory=lambda: ["console-consumer-.*", "connect-.*", "__.*"],
        description="Patterns of what to leave out.",
    )
    per: Literal["partition", "topic"] = Field(
        default="partition", description="How finely they are reported."
    )
    offsets: bool = Field(default=True, description="Whether committed offsets are exported.")
    abandoned_after: Duration = Field(
        default=as_written("1d"),
        description="Without members and commits for this long, a group never pages.",
    )


class PlaceConfig(Section):
    """A topic on one of the clusters."""

    side: SideName = Field(description="On which cluster it is.")
    topic: Text = Field(description="Its name there.")


class MirrorMaker2Config(Section):
    """What MirrorMaker 2 calls things; all of it is found where it is not given."""

    source_alias: Text | None = Field(default=None, description="Its alias of the source, if not the label.")
    target_alias: Text | None = Field(default=None, description="Its alias of the target, if not the label.")
    offset_syncs: PlaceConfig | None = Field(default=None, description="Where it keeps pairs of offsets.")
    connect_offsets: PlaceConfig | None = Field(
        default=None, description="Where Connect keeps its positions."
    )
    checkpoints: PlaceConfig | None = Field(default=None, description="Where it keeps translated commits.")
    heartbeats: PlaceConfig | None = Field(default=None, description="Where its heartbeats arrive.")
    connect_urls: list[HttpUrl] = Field(
        default_factory=list, description="Connect's REST addresses, for states of connectors and tasks."
    )


class MirrorGroupConfig(Section):
    """The consumer group that a mirror copies with."""

    side: SideName = Field(default="source", description="The cluster it commits on.")
    group: Text = Field(description="Its name.")


class VerifyConfig(Section):
    """How records of both clusters are compared."""

    read_records: PatternsOrFlag = Field(
        default=True, description="Whether, or of which topics, record contents may be read."
    )
    compare: list[RecordPart] = Field(
        default_factory=lambda: list(get_args(RecordPart)),
        min_length=1,
        description="What must be equal.",
    )
    ignore_headers: list[Text] = Field(default_factory=list, description="Headers that the mirror adds.")
    ignore_wire_format_ids: bool = Field(default=False, description="Whether the mirror rewrites schema IDs.")


class MirrorConfig(Section):
    """One mirror: a source, a target, and how it is judged."""

    source: SourceConfig = Field(description="The cluster that is mirrored.")
    target: TargetConfig = Field(description="The cluster that is mirrored into.")
    tool: Literal["mirrormaker2", "consumer_group", "offset_preserving", "any"] = Field(
        default="mirrormaker2", description="What mirrors."
    )
    replication_policy: ReplicationPolicyConfig = Field(
        default_factory=ReplicationPolicyConfig, description="How topics are called on the target."
    )
    topics: TopicsConfig = Field(default_factory=TopicsConfig, description="Which topics are watched.")
    groups: GroupsConfig = Field(default_factory=GroupsConfig, description="Which groups are watched.")
    mirrormaker2: MirrorMaker2Config = Field(
        default_factory=MirrorMaker2Config, description="What MirrorMaker 2 calls things."
    )
    consumer_group: MirrorGroupConfig | None = Field(
        default=None, description="With tool `consumer_group`: the group that the mirror copies with."
    )
    isolation_level: Literal["auto", "read_uncommitted", "read_committed"] = Field(
        default="auto", description="What the mirror's source consumer reads."
    )
    verify: VerifyConfig = Field(default_factory=VerifyConfig, description="How records are compared.")
    thresholds: ThresholdsConfig = Field(default_factory=ThresholdsConfig, description="When to page.")

    @model_validator(mode="after")
    def _group_belongs_to_tool(self) -> "MirrorConfig":
        if (self.tool == "consumer_group") != (self.consumer_group is not None):
            raise PydanticCustomError(
                "mirror_group",
                "`consumer_group` belongs to tool `consumer_group`, which cannot be without it",
            )
        return self

    def topic_filter(self) -> NameFilter:
        """The selected topics."""
        return NameFilter(include=tuple(self.topics.include), exclude=tuple(self.topics.exclude))

    def group_filter(self) -> NameFilter:
        """The selected groups."""
        return NameFilter(include=tuple(self.groups.include), exclude=tuple(self.groups.exclude))

    def thresholds_in_force(self) -> Thresholds:
        """The thresholds, with the mirror's own where an exception gives none."""
        own = self.thresholds
        default = TopicThresholds(drift=own.drift, fallback=own.fallback)
        return Thresholds(
            default=default,
            overrides=tuple(
                TopicOverride(
                    match=exception.match,
                    thresholds=TopicThresholds(
                        drift=exception.drift if "drift" in exception.model_fields_set else own.drift,
                        fallback=exception.fallback
                        if "fallback" in exception.model_fields_set
                        else own.fallback,
                    ),
                )
                for exception in own.topics
            ),
            group_lag=own.group_lag,
            group_drift=own.group_drift,
            group_drift_records=own.group_drift_records,
        )


class PollConfig(Section):
    """How often, and for how long at most."""

    interval: Duration = Field(default=as_written("5s"), description="Between two polls.")
    timeout: Duration = Field(default=as_written("4s"), description="For one poll; under the interval.")

    @model_validator(mode="after")
    def _ends_in_time(self) -> "PollConfig":
        if self.timeout >= self.interval:
            raise PydanticCustomError("poll_timeout", "`timeout` must be shorter than `interval`")
        return self


class MetricsConfig(Section):
    """What is exported."""

    max_series: Annotated[int, Field(ge=1_000)] = Field(
        default=200_000, description="Beyond it groups are reported per topic."
    )


class WebConfig(Section):
    """Where HTTP is served."""

    listen_address: ListenAddress = Field(default=":10015", description="Address and port.")


class Config(Section):
    """Everything."""

    mirrors: Annotated[list[MirrorConfig], Field(min_length=1)] = Field(description="The mirrors to watch.")
    poll: PollConfig = Field(default_factory=PollConfig, description="How often is measured.")
    state_file: Path | None = Field(
        default=None,
        strict=False,
        description="What must survive a restart; `none` says aloud that nothing must.",
    )
    fallback: FallbackConfig = Field(
        default_factory=FallbackConfig, description="When the dual-write path is engaged."
    )
    notify: NotifyConfig = Field(default_factory=NotifyConfig, description="Who is told directly.")
    metrics: MetricsConfig = Field(default_factory=MetricsConfig, description="What is exported.")
    web: WebConfig = Field(default_factory=WebConfig, description="Where HTTP is served.")

    @model_validator(mode="after")
    def _mirrors_differ(self) -> "Config":
        pairs = [(mirror.source.alias, mirror.target.alias) for mirror in self.mirrors]
        for at, pair in enumerate(pairs):
            first = pairs.index(pair)
            if first != at:
                raise PydanticCustomError(
                    "mirrors_twice",
                    "mirrors[{first}] and mirrors[{at}] have the same aliases: name one of them otherwise",
                    {"first": first, "at": at},
                )
        return self

    @model_validator(mode="after")
    def _release_is_under_every_threshold(self) -> "Config":
        below = self.fallback.release_below
        for at, mirror in enumerate(self.mirrors):
            for name, threshold in named_thresholds(mirror.thresholds):
                if not name.endswith("fallback") or below is None or threshold is None:
                    continue
                if below >= threshold:
                    raise PydanticCustomError(
                        "release_below",
                        "`fallback.release_below` must be under mirrors[{at}].thresholds.{name}",
                        {"at": at, "name": name},
                    )
        return self

    @model_validator(mode="after")
    def _webhooks_have_a_memory(self) -> "Config":
        if self.fallback.enabled and self.notify.webhooks and self.state_file is None:
            raise PydanticCustomError(
                "webhooks_need_state",
                "webhooks need a `state_file`: a restart would not know what it has engaged"
                " (`state_file: none` if that is meant)",
            )
        return self
