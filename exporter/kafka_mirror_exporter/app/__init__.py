"""The one place that builds, joins and closes things."""
