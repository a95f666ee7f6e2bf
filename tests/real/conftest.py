"""The clusters of the run, started once, and the recordings of all scenarios that run on them side by side."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from rig.kafka import KafkaCluster
from rig.stage import Recording, Stage

Scenario = Callable[[Stage], Awaitable[Recording]]

# Two cores carry about this many MirrorMakers without the truth itself becoming late.
_SIDE_BY_SIDE = 5


@pytest.fixture(scope="session")
def three_brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """A Kafka 4.1 of three brokers, of which 2 and 3 may be paused."""
    cluster = KafkaCluster("4.1.0", brokers=3, work_dir=tmp_path_factory.mktemp("three-brokers"))
    cluster.start()
    try:
        cluster.wait_ready()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The source and the target that all scenarios share."""
    with Stage(tmp_path_factory.mktemp("stage"), proxies=12) as stage:
        yield stage


@pytest.fixture(scope="session")
def recordings(request: pytest.FixtureRequest, stage: Stage) -> dict[str, Recording]:
    """What the scenarios of all collected test files left; they run once, side by side, when first asked for.

    A scenario that fails leaves its error, which every test that asks for its recording raises.
    """
    modules = {item.getparent(pytest.Module).obj for item in request.session.items}
    scenarios = {name: run for module in modules for name, run in getattr(module, "SCENARIOS", {}).items()}
    return asyncio.run(_run_all(scenarios, stage))


async def _run_all(scenarios: dict[str, Scenario], stage: Stage) -> dict[str, Recording]:
    places = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def run(name: str) -> Recording:
        async with places:
            began = time.monotonic()
            try:
                recording = await scenarios[name](stage)
            except Exception as failure:
                recording = Recording(error=failure)
            finally:
                print(f"scenario {name}: {time.monotonic() - began:.0f} s", file=sys.__stderr__)
            return recording

    done = await asyncio.gather(*(run(name) for name in sorted(scenarios)))
    return dict(zip(sorted(scenarios), done, strict=True))
