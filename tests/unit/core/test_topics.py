"""Which topic is which on the other side, configured or found."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_mirror_exporter.core.internal_topics import (
    InternalTopics,
    find_internal_topics,
    source_aliases,
    target_aliases,
)
from kafka_mirror_exporter.core.measurement import Reason, Unmeasured
from kafka_mirror_exporter.core.thresholds import (
    NameFilter,
    Thresholds,
    TopicOverride,
    TopicThresholds,
    is_mirrorable_topic,
)
from kafka_mirror_exporter.core.topics import (
    DefaultPolicy,
    IdentityPolicy,
    MapPolicy,
    find_policy,
    pair_topics,
    selected_topics,
)

TOPICS = st.text(st.sampled_from("abcXYZ019._-"), min_size=1, max_size=30)


@given(TOPICS, TOPICS, st.sampled_from([".", "_", "-", "::"]))
def test_the_default_policy_round_trips(alias: str, topic: str, separator: str) -> None:
    policy = DefaultPolicy(alias, separator)

    assert policy.source_topic(policy.remote_topic(topic) or "") == topic


@given(
    st.dictionaries(TOPICS, TOPICS, max_size=8).filter(
        lambda topics: len(set(topics.values())) == len(topics)
    )
)
def test_a_map_round_trips(topics: dict[str, str]) -> None:
    policy = MapPolicy(topics)

    assert {policy.source_topic(policy.remote_topic(topic) or "") for topic in topics} == set(topics)


@given(st.sets(TOPICS, min_size=1, max_size=10), st.sampled_from(["legacy", "dc-1", "a.b"]))
def test_the_default_policy_is_found_from_the_names_that_exist(topics: set[str], alias: str) -> None:
    target = {f"{alias}.{topic}" for topic in topics} | {f"{alias}.checkpoints.internal"}
    mirrorable = {
        topic for topic in topics if is_mirrorable_topic(topic) and is_mirrorable_topic(f"{alias}.{topic}")
    }

    found = find_policy(topics, target, aliases=source_aliases(target), source_alias=None)

    if mirrorable:
        assert found == DefaultPolicy(alias, ".")


def test_names_that_are_kept_are_the_identity_policy() -> None:
    assert find_policy(["orders"], ["orders", "own"], aliases=[], source_alias=None) == IdentityPolicy()


def test_nothing_mirrored_is_no_policy_yet() -> None:
    assert find_policy(["orders"], ["own"], aliases=[], source_alias=None) is None


def test_two_prefixes_that_explain_as_much_are_ambiguous() -> None:
    found = find_policy(["orders"], ["dc1.orders", "dc2.orders"], aliases=["dc1", "dc2"], source_alias=None)

    assert isinstance(found, Unmeasured)
    assert found.reason == Reason.POLICY_AMBIGUOUS
    assert "'dc1.'" in found.detail


def test_a_configured_alias_settles_it() -> None:
    found = find_policy(["orders"], ["dc1.orders", "dc2.orders"], aliases=["dc1", "dc2"], source_alias="dc2")

    assert found == DefaultPolicy("dc2", ".")


@pytest.mark.parametrize(
    ("topics", "target", "aliases", "source_alias", "expected"),
    [
        pytest.param(
            ["orders", "eu.orders"], ["legacy.orders", "legacy.eu.orders"], ["legacy"], None,
            DefaultPolicy("legacy"), id="a topic that ends like another does not make a longer prefix",
        ),
        pytest.param(
            ["orders", "bills", "audit"], ["x.orders", "x.bills", "x.audit", "copy-orders"], [], None,
            DefaultPolicy("x"), id="a single other name is a coincidence beside several",
        ),
        pytest.param(
            ["orders", "bills", "audit"], ["orders", "bills", "audit", "old.orders"], [], None,
            IdentityPolicy(), id="so it is beside several kept names",
        ),
        pytest.param(
            ["orders", "bills"], ["legacy_orders", "legacy_bills"], ["legacy"], None,
            DefaultPolicy("legacy", "_"), id="the separator is found, too",
        ),
        pytest.param(
            ["orders", "bills"], ["legacy.orders", "other.orders", "other.bills"], [], "legacy",
            DefaultPolicy("legacy"), id="what is configured wins over what explains more",
        ),
        pytest.param(
            ["orders", "bills"], ["dc-1.orders", "dc-1.bills"], ["dc", "dc-1"], None,
            DefaultPolicy("dc-1"), id="the longest alias that is known",
        ),
    ],
)  # fmt: skip
def test_the_policy_is_what_explains_the_names(
    topics: list[str], target: list[str], aliases: list[str], source_alias: str | None, expected: object
) -> None:
    assert find_policy(topics, target, aliases=aliases, source_alias=source_alias) == expected


@pytest.mark.parametrize(
    ("target", "aliases"),
    [
        pytest.param(["x.orders", "y.bills"], [], id="two prefixes for one topic each"),
        pytest.param(["orders", "x.bills"], [], id="a kept name and a prefix"),
        pytest.param(
            ["dc1.orders", "dc1.bills", "dc1.audit", "dc2.orders"], ["dc1", "dc2"],
            id="two sources into one target, however many topics each has there",
        ),
    ],
)  # fmt: skip
def test_names_that_fit_two_answers_are_ambiguous(target: list[str], aliases: list[str]) -> None:
    found = find_policy(["orders", "bills", "audit"], target, aliases=aliases, source_alias=None)

    assert isinstance(found, Unmeasured)
    assert found.reason == Reason.POLICY_AMBIGUOUS


def test_topics_without_a_twin_are_awaited_only_where_they_are_named() -> None:
    def states(*, is_default: bool) -> list[tuple[str, str | None, str]]:
        pairs = pair_topics(
            ["a", "b"], {"x.a"}, DefaultPolicy("x"), is_default_selection=is_default, hidden={}
        )
        return [(p.topic, p.target_topic, p.state) for p in pairs]

    assert states(is_default=True) == [("a", "x.a", "mirroring"), ("b", None, "not_selected")]
    assert states(is_default=False) == [("a", "x.a", "mirroring"), ("b", None, "awaiting_target")]


def test_what_is_never_mirrored_is_never_selected() -> None:
    topics = [
        "orders",
        "__consumer_offsets",
        "x-internal",
        "y.internal",
        "z.replica",
        ".hidden",
        "heartbeats",
        "new.back",
    ]

    assert selected_topics(topics, selects=lambda _: True, target_alias="new") == ["orders"]


def test_a_topic_that_merely_ends_in_heartbeats_is_somebodys_data() -> None:
    topics = ["heartbeats", "iot.heartbeats"]

    assert selected_topics(topics, selects=lambda _: True, target_alias=None) == ["iot.heartbeats"]


@pytest.mark.parametrize("separator", [".", "_"])
def test_the_mirrors_own_topics_are_found(separator: str) -> None:
    s = separator
    source = {f"mm2-offset-syncs{s}new{s}internal", "orders"}
    target = {"mm2-offsets.old.internal", f"old{s}checkpoints{s}internal", f"old{s}heartbeats"}

    assert target_aliases(source) == {"new"}
    assert source_aliases(target) == {"old"}
    assert find_internal_topics(
        source, target, source_alias="old", target_alias="new", configured=InternalTopics()
    ) == InternalTopics(
        offset_syncs=("source", f"mm2-offset-syncs{s}new{s}internal"),
        connect_offsets=("target", "mm2-offsets.old.internal"),
        checkpoints=("target", f"old{s}checkpoints{s}internal"),
        heartbeats=("target", f"old{s}heartbeats"),
    )


def test_offset_syncs_on_the_target_bear_the_sources_name() -> None:
    found = find_internal_topics(
        {"orders"},
        {"mm2-offset-syncs.old.internal"},
        source_alias="old",
        target_alias=None,
        configured=InternalTopics(),
    )

    assert found.offset_syncs == ("target", "mm2-offset-syncs.old.internal")


def test_syncs_of_several_targets_are_not_mixed_up() -> None:
    source = {"mm2-offset-syncs.a.internal", "mm2-offset-syncs.b.internal"}

    def syncs(target_alias: str | None) -> tuple[str, str] | None:
        return find_internal_topics(
            source, set(), source_alias="old", target_alias=target_alias, configured=InternalTopics()
        ).offset_syncs

    assert syncs("b") == ("source", "mm2-offset-syncs.b.internal")
    assert syncs(None) is None


def test_the_first_exception_that_matches_wins() -> None:
    default, tight, tighter = (TopicThresholds(drift=n, fallback=None) for n in (15, 5, 1))
    thresholds = Thresholds(
        default=default,
        overrides=[
            TopicOverride(match=re.compile(r"pay\..*"), thresholds=tight),
            TopicOverride(match=re.compile(r".*"), thresholds=tighter),
        ],
    )

    assert (thresholds.of_topic("pay.cards"), thresholds.of_topic("prepay.x")) == (tight, tighter)


def test_patterns_match_whole_names() -> None:
    names = NameFilter(include=(re.compile("a|ab"), re.compile("x-1")), exclude=(re.compile("ab"),))

    assert [name for name in ("a", "ab", "abc", "x-1") if names.selects(name)] == ["a", "x-1"]
    assert names.literal_names == ("x-1",)
