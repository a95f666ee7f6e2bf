"""Readings -> the bytes of /metrics, fast."""

from kafka_mirror_exporter.exposition.exposition import Exposition, is_too_old
from kafka_mirror_exporter.exposition.negotiation import CONTENT_TYPES, Format, accepts_gzip, preferred_format

__all__ = ["CONTENT_TYPES", "Exposition", "Format", "accepts_gzip", "is_too_old", "preferred_format"]
