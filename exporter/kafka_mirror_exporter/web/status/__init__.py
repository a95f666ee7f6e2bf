"""The status page at `/`, its files under `/static`, and its live stream at `/events`."""
