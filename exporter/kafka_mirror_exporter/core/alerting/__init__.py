"""The alerts that the exporter raises by itself, in the words of the rule files."""
