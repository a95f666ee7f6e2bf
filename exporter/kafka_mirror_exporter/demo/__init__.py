"""A mirror on embedded brokers, with faults to press."""
