"""One cycle of reading and judging one mirror."""
