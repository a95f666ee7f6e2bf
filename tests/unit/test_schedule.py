"""Workers: woken by the schedule, by themselves when it does not, and never taken down by a failure."""

import threading
import time

import pytest

from kafka_mirror_exporter.schedule import Schedule, Worker


def test_a_worker_polls_at_once_and_then_at_its_interval() -> None:
    polled = threading.Semaphore(0)
    schedule = Schedule()
    schedule.add(Worker("a", polled.release, interval_seconds=0.2))
    schedule.start()
    try:
        assert all(polled.acquire(timeout=5) for _ in range(4))
    finally:
        schedule.close(timeout=2)


def test_a_worker_that_nobody_wakes_wakes_by_itself() -> None:
    polled = threading.Semaphore(0)
    worker = Worker("a", polled.release, interval_seconds=0.1)
    worker.start()
    try:
        assert all(polled.acquire(timeout=5) for _ in range(3))
    finally:
        worker.stop()
        assert worker.join(2)


def test_a_cycle_that_fails_does_not_end_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    polled = threading.Semaphore(0)

    def fail() -> None:
        polled.release()
        raise RuntimeError("planted")

    worker = Worker("a", fail, interval_seconds=0.05)
    worker.start()
    try:
        assert all(polled.acquire(timeout=5) for _ in range(3))
    finally:
        worker.stop()
        assert worker.join(2)
    assert "planted" in caplog.text


def test_a_wake_up_during_a_long_cycle_is_an_overlap_and_not_lost() -> None:
    going_on, polled = threading.Event(), threading.Semaphore(0)

    def cycle() -> None:
        polled.release()
        going_on.wait(5)

    worker = Worker("a", cycle, interval_seconds=60)
    worker.start()
    try:
        assert polled.acquire(timeout=5)
        worker.wake()
        worker.wake()
        assert worker.overlaps == 1
        going_on.set()
        assert polled.acquire(timeout=5)
    finally:
        worker.stop()
        assert worker.join(2)


def test_a_worker_that_is_removed_polls_no_more_and_the_others_do() -> None:
    removed, kept = threading.Semaphore(0), threading.Semaphore(0)
    leaving = Worker("a", removed.release, interval_seconds=0.1)
    schedule = Schedule()
    schedule.add(leaving)
    schedule.add(Worker("b", kept.release, interval_seconds=0.1))
    schedule.start()
    try:
        assert removed.acquire(timeout=5)
        schedule.remove([leaving], timeout=2)
        while removed.acquire(blocking=False):
            pass
        while kept.acquire(blocking=False):
            pass

        assert all(kept.acquire(timeout=5) for _ in range(3))
        assert not removed.acquire(blocking=False)
    finally:
        schedule.close(timeout=2)


def test_a_worker_that_hangs_is_left_behind() -> None:
    hanging, polled = threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        polled.release()
        hanging.wait(20)

    schedule = Schedule()
    schedule.add(Worker("a", hang, interval_seconds=60))
    schedule.start()
    assert polled.acquire(timeout=5)
    began = time.monotonic()
    schedule.close(timeout=0.3)

    assert time.monotonic() - began < 5
    hanging.set()


def test_what_cannot_wait_is_done_every_second_until_nothing_is_left() -> None:
    polled, done = threading.Semaphore(0), threading.Semaphore(0)
    left = iter([True, True, False, True])

    def between() -> bool:
        done.release()
        return next(left)

    worker = Worker("a", polled.release, interval_seconds=4, between=between)
    began = time.monotonic()
    worker.start()
    try:
        assert polled.acquire(timeout=5)
        assert all(done.acquire(timeout=5) for _ in range(3))
        assert time.monotonic() - began >= 2.9
        # It wakes by itself after six seconds; until then nobody asked for more.
        assert polled.acquire(timeout=10)
        assert not done.acquire(blocking=False)
    finally:
        worker.stop()
        assert worker.join(2)


def test_workers_that_poll_every_second_do_nothing_between() -> None:
    polled, done = threading.Semaphore(0), threading.Semaphore(0)

    def between() -> bool:
        done.release()
        return True

    worker = Worker("a", polled.release, interval_seconds=1, between=between)
    worker.start()
    try:
        assert all(polled.acquire(timeout=5) for _ in range(3))
        assert not done.acquire(blocking=False)
    finally:
        worker.stop()
        assert worker.join(2)
