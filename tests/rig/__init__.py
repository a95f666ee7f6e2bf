"""Real clusters for tests and benchmarks: Kafka 3.2 and 4.1, MirrorMaker 2, and a proxy that fails."""
