"""Measures how far a Kafka mirror is behind, for every partition, in records and in seconds."""

__version__ = "0.1.0"
