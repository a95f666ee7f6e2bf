"""The fallback and who is told of it, in the configuration."""

from typing import Literal

from pydantic import Field

from kafka_mirror_exporter.config.clusters import SecretConfig, Section, Text
from kafka_mirror_exporter.config.values import Duration, DurationOrNull, HttpUrl, as_written
from kafka_mirror_exporter.core.fallback import FallbackRules

_LEAST_SECONDS_BETWEEN_READINGS = 15.0
_POLLS_BETWEEN_READINGS = 3


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
            longest_gap=max(_POLLS_BETWEEN_READINGS * poll_interval, _LEAST_SECONDS_BETWEEN_READINGS),
        )


class WebhookConfig(Section):
    """Somebody who is told of every change of the fallback, and again every half a minute."""

    url: HttpUrl = Field(description="Where it is posted to.")
    headers: dict[Text, Text] = Field(
        default_factory=dict, description="Further headers; none that are secret."
    )
    secret: SecretConfig = Field(description="What every post is signed with.")


class NotifyConfig(Section):
    """Who is told directly."""

    webhooks: list[WebhookConfig] = Field(
        default_factory=list, description="Receivers of the fallback's state."
    )
    external_url: HttpUrl | None = Field(
        default=None, description="Where people find this exporter; stands in every post."
    )
