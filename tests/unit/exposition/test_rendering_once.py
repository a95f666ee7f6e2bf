import threading
import time

from kafka_mirror_exporter.exposition import Exposition
from unit.exposition.hand_made import FACTS, mirror_reading
from unit.exposition.scraping import FakeClock, value


class CountingLock:
    """A reentrant lock that counts how often it was taken: once for each rendering here."""

    def __init__(self) -> None:
        self.wanted = self.taken = 0
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self.wanted += 1
        self._lock.acquire()
        self.taken += 1

    def __exit__(self, *exc: object) -> None:
        self._lock.release()


def test_readings_are_rendered_as_they_come_only_while_someone_scrapes() -> None:
    clock, lock = FakeClock(1000.0), CountingLock()
    exposition = Exposition(FACTS, poll_interval=5.0, monotonic=clock, heavy_work=lock)

    exposition.publish(mirror_reading())
    unasked = lock.taken
    exposition.gzipped("text")
    at_first_scrape = lock.taken
    clock.now = 1060.0
    exposition.publish(mirror_reading())
    after_publishing = lock.taken
    exposition.gzipped("openmetrics")
    after_second_scrape = lock.taken
    clock.now = 1121.0
    exposition.publish(mirror_reading())

    assert unasked == 0
    assert at_first_scrape > 0
    assert after_publishing > at_first_scrape
    assert after_second_scrape == after_publishing
    assert lock.taken == after_second_scrape


def test_concurrent_first_scrapes_share_one_rendering() -> None:
    lock = CountingLock()
    exposition = Exposition(FACTS, poll_interval=5.0, monotonic=FakeClock(), heavy_work=lock)
    exposition.publish(mirror_reading())
    bodies: list[bytes] = []
    scrapers = [threading.Thread(target=lambda: bodies.append(exposition.gzipped("text"))) for _ in range(4)]

    deadline = time.monotonic() + 10
    with lock:
        for scraper in scrapers:
            scraper.start()
        while lock.wanted < 5 and time.monotonic() < deadline:
            time.sleep(0.001)
    for scraper in scrapers:
        scraper.join(10)

    # Taken by this test, by each of the four, and once more by the one that renders.
    assert len(bodies) == 4
    assert lock.taken == 6


def test_a_scrape_during_a_rendering_gets_the_reading_before_without_waiting() -> None:
    lock = CountingLock()
    exposition = Exposition(FACTS, poll_interval=5.0, monotonic=FakeClock(), heavy_work=lock)
    exposition.publish(mirror_reading(polls=1))
    exposition.gzipped("text")
    publisher = threading.Thread(target=exposition.publish, args=(mirror_reading(polls=2),))

    deadline = time.monotonic() + 10
    with lock:
        wanted = lock.wanted
        publisher.start()
        while lock.wanted == wanted and time.monotonic() < deadline:
            time.sleep(0.001)
        during: list[float | None] = []
        scraper = threading.Thread(
            target=lambda: during.append(value(exposition, "kafka_mirror_polls_total"))
        )
        scraper.start()
        scraper.join(10)
        in_time = list(during)
    publisher.join(10)
    scraper.join(10)

    assert in_time == [1]
    assert value(exposition, "kafka_mirror_polls_total") == 2
