"""The alert and recording rules, as data: what is generated from here is committed beside it."""

from ruleset.clusters import cluster_group
from ruleset.consumers import consumer_group
from ruleset.model import Alert, Group, Parameters, Recording
from ruleset.topics import TOPIC_GROUP

__all__ = ["Alert", "Group", "Parameters", "Recording", "all_groups"]


def all_groups(parameters: Parameters) -> tuple[Group, ...]:
    """Every group, in the order of the file."""
    return TOPIC_GROUP, cluster_group(parameters), consumer_group(parameters)
