"""HTTP: metrics, health, and the readings as JSON."""
