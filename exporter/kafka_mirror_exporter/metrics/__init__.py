"""What is exported: one row for every metric."""

from kafka_mirror_exporter.metrics.spec import (
    AtScrape,
    ExporterFacts,
    GroupColumn,
    MetricSpec,
    OfExporter,
    OfReading,
    PartitionColumn,
    Sample,
    SideColumns,
)
from kafka_mirror_exporter.metrics.table import METRICS, metrics_table_markdown

__all__ = [
    "METRICS",
    "AtScrape",
    "ExporterFacts",
    "GroupColumn",
    "MetricSpec",
    "OfExporter",
    "OfReading",
    "PartitionColumn",
    "Sample",
    "SideColumns",
    "metrics_table_markdown",
]
