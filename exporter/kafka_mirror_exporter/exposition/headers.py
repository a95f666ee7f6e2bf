"""What stands above the samples of a family, in each format."""

from kafka_mirror_exporter.exposition.negotiation import Format
from kafka_mirror_exporter.metrics import MetricSpec


def family_header(spec: MetricSpec, output: Format) -> str:
    """HELP and TYPE, and in OpenMetrics the UNIT where the family's name ends with one."""
    if output == "text":
        return f"# HELP {spec.name} {spec.help}\n# TYPE {spec.name} {spec.kind}\n"
    unit = f"# UNIT {spec.family} {spec.unit}\n" if spec.unit else ""
    return f"# HELP {spec.family} {spec.help}\n# TYPE {spec.family} {spec.kind}\n{unit}"
