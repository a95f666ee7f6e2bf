"""The fallback and who is told of it, in the configuration."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from kafka_mirror_exporter.config.clusters import SecretConfig, Section, Text
from kafka_mirror_exporter.config.values import Duration, DurationOrNull, HttpUrl, Pattern, as_written
from kafka_mirror_exporter.core.alerting.rules import AlertRules
from kafka_mirror_exporter.core.alerting.texts import DASHBOARD_BASE_URL, RUNBOOK_BASE_URL
from kafka_mirror_exporter.core.fallback import FallbackRules
from kafka_mirror_exporter.core.freshness import old_after

LabelName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]


class FallbackConfig(Section):
    """When the dual-write path is engaged and released."""

    enabled: bool = Field(default=False, description="Whether there is a path to engage.")
    scope: Literal["topic", "mirror"] = Field(
        default="topic", description="Whether topics are engaged one by one, or all of a mirror together."
    )
    release_below: DurationOrNull = Field(
        default=None,
        description="Seconds behind that every partition must be below; by default the smaller of 15s and"
        " half the topic's threshold.",
    )
    release_after: Duration = Field(
        default=as_written("60s"), description="For how long, before it is released."
    )
    min_engaged: Duration = Field(default=as_written("2m"), description="How long it stays engaged at least.")
    marker_header: Text | None = Field(
        default=None,
        description="A header that the proxy gives the records it writes to the target, and to them only.",
    )
    instance: Text | None = Field(
        default=None, description="What this exporter calls itself; the host's name by default."
    )

    def rules(self, *, poll_interval: float) -> FallbackRules:
        """The rules as the core takes them."""
        return FallbackRules(
            is_by_mirror=self.scope == "mirror",
            release_below=self.release_below,
            release_after=self.release_after,
            min_engaged=self.min_engaged,
            longest_gap=old_after(poll_interval),
        )


class WebhookConfig(Section):
    """Somebody who is told of every change of the fallback, and again every half a minute."""

    url: HttpUrl = Field(description="Where it is posted to.")
    headers: dict[Text, Text] = Field(
        default_factory=dict, description="Further headers; none that are secret."
    )
    secret: SecretConfig = Field(description="What every post is signed with.")


class AlertmanagerConfig(Section):
    """An Alertmanager that is told directly of the alerts that fire."""

    url: HttpUrl = Field(description="Its address, with the path before /api/v2 where it has one.")
    username: Text | None = Field(default=None, description="For basic authentication.")
    password: SecretConfig | None = Field(default=None, description="For basic authentication.")
    bearer_token: SecretConfig | None = Field(default=None, description="Sent instead of a password.")
    ca_file: Path | None = Field(
        default=None, strict=False, description="Whom to trust, where the system does not."
    )

    @model_validator(mode="after")
    def _authenticates_in_one_way(self) -> "AlertmanagerConfig":
        if (self.username is None) != (self.password is None):
            raise PydanticCustomError("alertmanager_password", "`username` and `password` belong together")
        if self.password is not None and self.bearer_token is not None:
            raise PydanticCustomError(
                "alertmanager_token", "takes either `password` or `bearer_token`, not both"
            )
        return self


class NotifyConfig(Section):
    """Who is told directly."""

    alertmanagers: list[AlertmanagerConfig] = Field(
        default_factory=list, description="Told of the same alerts as by the rules of Prometheus."
    )
    webhooks: list[WebhookConfig] = Field(
        default_factory=list, description="Receivers of the fallback's state."
    )
    external_labels: dict[LabelName, str] = Field(
        default_factory=dict,
        description="What Prometheus adds to its alerts: the same, or Alertmanager takes them for others.",
    )
    external_url: HttpUrl | None = Field(
        default=None, description="Where people find this exporter; stands in every post."
    )
    runbook_base_url: HttpUrl = Field(
        default=RUNBOOK_BASE_URL, description="Where the runbooks are, as for the rules."
    )
    dashboard_base_url: HttpUrl = Field(
        default=DASHBOARD_BASE_URL, description="Where Grafana is, as for the rules."
    )
    critical_groups: Pattern | None = Field(
        default=None, description="Groups whose lag pages, as for the rules; by default it is a warning."
    )

    def alert_rules(self, *, poll_interval: float) -> AlertRules:
        """The rules as the core takes them."""
        return AlertRules(
            data_is_stale_after_seconds=old_after(poll_interval), critical_groups=self.critical_groups
        )
