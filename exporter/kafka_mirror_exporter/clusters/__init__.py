"""Reading a Kafka cluster, and never writing to it."""
