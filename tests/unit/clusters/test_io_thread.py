import threading
import time
from collections.abc import Callable, Iterator

import pytest

from kafka_mirror_exporter.clusters.io_thread import IoThread
from kafka_mirror_exporter.clusters.reader import Traffic
from kafka_mirror_exporter.errors import ClusterUnreachable, ConfigError


class Reader:
    """A reader that only knows whether it was closed."""

    def __init__(self) -> None:
        self.is_closed = threading.Event()

    def traffic(self) -> Traffic:
        return Traffic(received_bytes=0, requests=0)

    def close(self) -> None:
        self.is_closed.set()


class Cluster:
    """Opens readers, and holds calls until it is released."""

    def __init__(self) -> None:
        self.opened: list[Reader] = []
        self.released = threading.Event()

    def open(self) -> Reader:
        self.opened.append(Reader())
        return self.opened[-1]

    def hang(self, _reader: object) -> str:
        self.released.wait(20)
        return "late"


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def thread(cluster: Cluster) -> Iterator[IoThread]:
    thread = IoThread("io-source", cluster.open)
    yield thread
    cluster.released.set()
    thread.close(5)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_call_gets_the_reader_and_its_result_comes_back(thread: IoThread, cluster: Cluster) -> None:
    assert thread.call(lambda reader: reader is cluster.opened[0], 5)
    assert len(cluster.opened) == 1


def test_an_error_of_the_call_comes_back_as_it_is(thread: IoThread) -> None:
    def fail(_reader: object) -> None:
        raise ConfigError([])

    with pytest.raises(ConfigError):
        thread.call(fail, 5)

    assert thread.call(lambda _reader: 1, 5) == 1


def test_calls_run_one_after_the_other_on_one_thread(thread: IoThread) -> None:
    futures = [thread.submit(lambda _reader: threading.current_thread().name) for _ in range(5)]

    assert len({future.result(5) for future in futures}) == 1


def test_a_call_past_its_deadline_is_given_up_and_a_replacement_takes_over(
    thread: IoThread, cluster: Cluster
) -> None:
    with pytest.raises(ClusterUnreachable):
        thread.call(cluster.hang, 0.05)

    assert thread.is_hung
    assert thread.call(lambda reader: reader is cluster.opened[1], 5)
    assert thread.replacements == 1


def test_what_waited_behind_a_hung_call_fails(thread: IoThread, cluster: Cluster) -> None:
    hung = thread.submit(cluster.hang)
    behind = thread.submit(lambda _reader: 1)
    with pytest.raises(ClusterUnreachable):
        thread.result_of(hung, 0.05)

    assert isinstance(behind.exception(5), ClusterUnreachable)


def test_while_the_replacement_hangs_too_calls_fail_at_once(thread: IoThread, cluster: Cluster) -> None:
    for _ in range(2):
        with pytest.raises(ClusterUnreachable):
            thread.call(cluster.hang, 0.05)
    began = time.monotonic()
    with pytest.raises(ClusterUnreachable):
        thread.call(cluster.hang, 5)

    assert time.monotonic() - began < 1
    assert thread.replacements == 1
    assert len(cluster.opened) == 2


def test_a_hung_call_that_comes_back_closes_its_reader_and_makes_room(
    thread: IoThread, cluster: Cluster
) -> None:
    for _ in range(2):
        with pytest.raises(ClusterUnreachable):
            thread.call(cluster.hang, 0.05)
    cluster.released.set()
    wait_until(lambda: all(reader.is_closed.is_set() for reader in cluster.opened))
    wait_until(lambda: not thread.is_hung)

    assert thread.call(lambda reader: reader is cluster.opened[2], 5)
    assert thread.replacements == 2


def test_closing_closes_the_reader_and_refuses_what_comes_after(thread: IoThread, cluster: Cluster) -> None:
    thread.call(lambda _reader: None, 5)

    thread.close(5)

    assert cluster.opened[0].is_closed.is_set()
    with pytest.raises(ClusterUnreachable):
        thread.call(lambda _reader: None, 5)


def test_closing_does_not_wait_for_a_hung_call(thread: IoThread, cluster: Cluster) -> None:
    with pytest.raises(ClusterUnreachable):
        thread.call(cluster.hang, 0.05)
    began = time.monotonic()

    thread.close(0.2)

    assert time.monotonic() - began < 1
