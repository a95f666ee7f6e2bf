"""After all scenarios: what watching asked of the clusters, and what it left there.

Topics make themselves on these clusters, so that a reader which creates one is found out.
"""

import re

import pytest

from rig.stage import Recording, Stage

# The requests that change nothing, by API key.
READS = {
    1: "Fetch", 2: "ListOffsets", 3: "Metadata", 9: "OffsetFetch", 10: "FindCoordinator", 15: "DescribeGroups",
    16: "ListGroups", 18: "ApiVersions", 23: "OffsetForLeaderEpoch", 32: "DescribeConfigs",
    69: "ConsumerGroupDescribe",
}  # fmt: skip
OFTEN = {1, 2, 3, 9, 15, 16, 18}
OWN_TOPICS = re.compile(
    r"__.*|mm2-.*|(.*[._])?heartbeats|.*checkpoints[._]internal|.*-connect-(offsets|configs|status)"
)
SIDES = pytest.mark.parametrize("side", ["source", "target"])


@SIDES
def test_whoever_watches_only_asks(recordings: dict[str, Recording], stage: Stage, side: str) -> None:
    assert recordings
    asked = {key for proxy in stage.watching[side] for key, _ in proxy.requests}

    assert asked - READS.keys() == set()
    assert asked >= OFTEN


def test_nothing_is_asked_of_the_target_that_redpanda_would_not_understand(
    recordings: dict[str, Recording], stage: Stage
) -> None:
    assert recordings

    like_redpanda = [proxy for proxy in stage.watching["target"] if proxy.is_like_redpanda]
    assert like_redpanda
    assert set().union(*(proxy.calls_outside_redpanda() for proxy in like_redpanda)) == set()


def test_the_source_holds_the_topics_that_the_tests_made_as_they_made_them(
    recordings: dict[str, Recording], stage: Stage
) -> None:
    assert recordings
    configs, made = stage.source_admin.own_configs(), stage.source_admin.made

    assert {topic for topic in configs if topic not in made and not OWN_TOPICS.fullmatch(topic)} == set()
    assert {t: found for t, found in configs.items() if t in made} == {
        t: made[t] for t in configs if t in made
    }


def test_the_target_holds_the_copies_of_those_and_nothing_else(
    recordings: dict[str, Recording], stage: Stage
) -> None:
    assert recordings
    copies = re.compile(rf"([a-z]+[._])?({'|'.join(map(re.escape, stage.source_admin.made))})")
    strange = {
        topic
        for topic in stage.target_admin.topics()
        if not (topic in stage.target_admin.made or OWN_TOPICS.fullmatch(topic) or copies.fullmatch(topic))
    }

    assert strange == set()


@SIDES
def test_no_group_is_there_but_those_of_tests_and_mirrors(
    recordings: dict[str, Recording], stage: Stage, side: str
) -> None:
    prefixes = "|".join(sorted({topic.partition("-")[0] for topic in stage.source_admin.made}))
    assert recordings
    admin = stage.source_admin if side == "source" else stage.target_admin

    assert {group for group in admin.groups() if not re.fullmatch(rf"({prefixes})[st]?-.*", group)} == set()
