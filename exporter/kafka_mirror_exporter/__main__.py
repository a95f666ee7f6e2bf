"""python -m kafka_mirror_exporter."""

from kafka_mirror_exporter.cli import main

if __name__ == "__main__":
    main()
