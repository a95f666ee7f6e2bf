"""One cluster in the configuration: addresses, librdkafka's properties, secrets, and what it bears."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from kafka_mirror_exporter.config.values import Property, Size, as_written

SideName = Literal["source", "target"]
Text = Annotated[str, StringConstraints(min_length=1)]


class Section(BaseModel):
    """What all sections have in common: unknown keys are refused, nothing is changed after reading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_default=True, hide_input_in_errors=True
    )


class SecretConfig(Section):
    """Where one secret comes from."""

    file: Path | None = Field(default=None, strict=False, description="A file that holds the secret.")
    env: Text | None = Field(default=None, description="An environment variable that holds the secret.")

    @model_validator(mode="after")
    def _one_place(self) -> "SecretConfig":
        if (self.file is None) == (self.env is None):
            raise PydanticCustomError("secret_place", "needs either `file` or `env`")
        return self


class BudgetConfig(Section):
    """How much reading a cluster bears."""

    fetch_bytes_per_second: Size = Field(
        default=as_written("1MiB"),
        description="Records read for comparison and timestamps; never exceeded for long.",
    )


class ClusterConfig(Section):
    """One cluster."""

    alias: Text = Field(
        default="", description="The label of this cluster, and MirrorMaker 2's alias for it."
    )
    bootstrap_servers: Text = Field(description="Brokers to begin with, like b1:9092,b2:9092.")
    client: dict[str, Property] = Field(
        default_factory=dict,
        description="librdkafka properties; none that write, join groups or hold secrets.",
    )
    client_secrets: dict[str, SecretConfig] = Field(
        default_factory=dict, description="Properties whose values come from a file or the environment."
    )
    budget: BudgetConfig = Field(default_factory=BudgetConfig, description="How much reading it bears.")

    @property
    def has_default_alias(self) -> bool:
        """Whether nobody chose the label."""
        return "alias" not in self.model_fields_set


class SourceConfig(ClusterConfig):
    """The cluster that is mirrored."""

    alias: Text = Field(default="source", description="The label of this cluster, and MirrorMaker 2's alias.")


class TargetConfig(ClusterConfig):
    """The cluster that is mirrored into."""

    alias: Text = Field(default="target", description="The label of this cluster, and MirrorMaker 2's alias.")
