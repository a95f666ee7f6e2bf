"""What a configuration may say and probably does not mean."""

from kafka_mirror_exporter.config.models import Config, MirrorConfig
from kafka_mirror_exporter.config.thresholds import named_thresholds


def warnings_about(config: Config) -> list[str]:
    """A sentence for each such thing."""
    found = _unsteady(config)
    if config.fallback.enabled:
        sentences = enumerate(map(_without_release, config.mirrors))
        found += [f"mirrors[{at}].{sentence}" for at, sentence in sentences if sentence]
    elif config.notify.webhooks:
        found.append("notify.webhooks: nothing is ever posted, for fallback.enabled is false")
    return found


def _unsteady(config: Config) -> list[str]:
    limit = 2 * config.poll.interval
    return [
        f"mirrors[{at}].thresholds.{name}: {threshold:g} s is under two polls and will page unsteadily"
        for at, mirror in enumerate(config.mirrors)
        for name, threshold in named_thresholds(mirror.thresholds)
        if threshold is not None and threshold < limit
    ]


def _without_release(mirror: MirrorConfig) -> str:
    """Why the fallback of a mirror would never be released, or by what is no proof; empty if it can be."""
    thresholds = named_thresholds(mirror.thresholds)
    if not any(name.endswith("fallback") and threshold is not None for name, threshold in thresholds):
        return ""
    if mirror.tool == "offset_preserving":
        return (
            "tool: the target of an offset-preserving mirror cannot be shared with a proxy, whose records"
            " would be taken for mirrored ones: set its thresholds.fallback to off"
        )
    if mirror.verify.read_records is not True and mirror.tool != "consumer_group":
        return (
            "verify.read_records: topics whose records may not be read engage the fallback and never"
            " release it by themselves, for nothing confirms their positions"
        )
    return ""
