from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kafka_mirror_exporter.core.offsets import TopicPartition
from kafka_mirror_exporter.core.reading import PartitionColumns
from kafka_mirror_exporter.web.openapi import openapi_document
from kafka_mirror_exporter.web.routes import create_app
from unit.exposition.hand_made import mirror_reading, partition_columns, topics
from unit.exposition.scraping import FakeClock
from unit.web.running import Running, running
from unit.web.sites import site_of

PARTITIONS = "/api/v1/mirrors/legacy/redpanda/partitions"
GROUPS = "/api/v1/mirrors/legacy/redpanda/groups"
DOCUMENT = openapi_document()


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(create_app(site_of(mirror_reading()))) as server:
        yield server


def names(answer: dict[str, Any]) -> list[tuple[str, int]]:
    return [(row["topic"], row["partition"]) for row in answer["partitions"]]


def faults(value: Any, schema: dict[str, Any], at: str = "$") -> list[str]:
    """Where a value does not follow a schema, for the words that our document uses."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        found = [faults(value, choice, at) for choice in schema["anyOf"]]
        return [] if [] in found else found[0]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{at}: {value!r} is not in {schema['enum']}"]
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kinds = {"object": dict, "array": list, "string": str, "null": type(None), "boolean": bool}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (
        any(isinstance(value, kinds[kind]) for kind in types if kind in kinds)
        or (is_number and ("number" in types or ("integer" in types and isinstance(value, int))))
    ):
        return [f"{at}: {value!r} is not {types}"]
    if isinstance(value, list):
        return [
            fault for n, item in enumerate(value) for fault in faults(item, schema["items"], f"{at}[{n}]")
        ]
    return faults_of_object(value, schema, at) if isinstance(value, dict) else []


def faults_of_object(value: dict[str, Any], schema: dict[str, Any], at: str) -> list[str]:
    properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    wrong = [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
    for name, of_name in value.items():
        if name in properties:
            wrong += faults(of_name, properties[name], f"{at}.{name}")
        elif rest is False:
            wrong.append(f"{at}: {name} is not described")
        elif isinstance(rest, dict):
            wrong += faults(of_name, rest, f"{at}.{name}")
    return wrong


@pytest.mark.parametrize(
    ("path", "described"),
    [
        ("/api/v1/mirrors", "/api/v1/mirrors"),
        (PARTITIONS, "/api/v1/mirrors/{source}/{target}/partitions"),
        (f"{PARTITIONS}?limit=no", "/api/v1/mirrors/{source}/{target}/partitions"),
        (GROUPS, "/api/v1/mirrors/{source}/{target}/groups"),
        ("/api/v1/mirrors/no/no/groups", "/api/v1/mirrors/{source}/{target}/groups"),
    ],
)
def test_answers_follow_the_document(server: Running, path: str, described: str) -> None:
    answer = server.ask(path)

    responses = DOCUMENT["paths"][described]["get"]["responses"]
    schema = responses[str(answer.status)]["content"]["application/json"]["schema"]
    assert faults(answer.json(), schema) == []


def test_the_check_of_answers_sees_a_missing_an_undescribed_and_a_wrong_field() -> None:
    schema = {"$ref": "#/components/schemas/ErrorBody"}

    assert faults({"error": "no"}, schema) == []
    assert faults({}, schema) == ["$: error is missing"]
    assert faults({"error": "no", "more": 1}, schema) == ["$: more is not described"]
    assert faults({"error": None}, schema) == ["$.error: None is not ['string']"]


def test_the_document_is_served_as_it_is_generated(server: Running) -> None:
    assert server.ask("/api/v1/openapi.json").json() == DOCUMENT
    assert DOCUMENT["openapi"].startswith("3.1")


def test_a_row_says_what_was_measured_and_why_the_rest_was_not(server: Running) -> None:
    answer = server.ask(PARTITIONS).json()

    rows = {(row["topic"], row["partition"]): row for row in answer["partitions"]}
    behind, unknown = rows["orders", 0], rows["audit", 0]
    assert answer["measured_at"] == 1790000000.0
    assert answer["total"] == 3
    assert (behind["lag_records"], behind["drift_seconds"], behind["position"]) == (5, 2.5, 100)
    assert (behind["drift_lower_seconds"], behind["drift_upper_seconds"]) == (2.0, 3.0)
    assert (behind["origin"], behind["is_verified"], behind["unmeasured"]) == ("tail_match", True, None)
    assert (unknown["lag_records"], unknown["drift_seconds"], unknown["position"]) == (None, None, None)
    assert unknown["unmeasured"] == {"reason": "no_witness", "detail": "no sync, no stored offset"}


def test_partitions_come_worst_first() -> None:
    index = (*tuple(TopicPartition("orders", n) for n in range(5)), TopicPartition("idle", 0))
    columns = replace(
        PartitionColumns.absent(index),
        drift=array("d", [1.0, 40.0, 20.0, float("nan"), 1.0, 900.0]),
        lag=array("q", [1, 4, 2, -1, 9, 900]),
        unmeasured={3: partition_columns().unmeasured[2]},
    )
    of_orders = topics()[0]
    of_idle = replace(of_orders, topic="idle", state="not_selected", target_topic=None)
    site = site_of(mirror_reading(partitions=columns, topics=(of_orders, of_idle)))

    with running(create_app(site)) as server:
        everything = server.ask(PARTITIONS).json()
        second = server.ask(f"{PARTITIONS}?limit=2&offset=1").json()

    # The page threshold is 15 s: two are past it, one is unknown, two are within it, one is not selected.
    expected = [("orders", 1), ("orders", 2), ("orders", 3), ("orders", 4), ("orders", 0), ("idle", 0)]
    assert names(everything) == expected
    assert names(second) == expected[1:3]
    assert second["total"] == 6


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("topic=orders", [("orders", 0), ("orders", 1)]),
        ("topic=none", []),
        ("unmeasured=true", [("audit", 0)]),
        ("unmeasured=false", [("orders", 0), ("orders", 1)]),
        ("topic=orders&unmeasured=true", []),
    ],
)
def test_partitions_are_narrowed_by_parameters(
    server: Running, query: str, expected: list[tuple[str, int]]
) -> None:
    answer = server.ask(f"{PARTITIONS}?{query}").json()

    assert sorted(names(answer)) == expected
    assert answer["total"] == len(expected)


def test_groups_are_listed_judged_side_first_and_narrowed_by_name(server: Running) -> None:
    everything = server.ask(GROUPS).json()
    other = server.ask(f"{GROUPS}?group=other").json()

    assert [(row["side"], row["is_judged"], row["lag_seconds"]) for row in everything["groups"]] == [
        ("source", True, 6.25),
        ("target", False, None),
    ]
    assert everything["groups"][1]["unmeasured"]["reason"] == "leader_unreachable"
    assert (other["total"], other["groups"]) == (0, [])


def test_mirrors_are_summed_up_with_their_worst_partition(server: Running) -> None:
    (mirror,) = server.ask("/api/v1/mirrors").json()["mirrors"]

    assert mirror["totals"] == {
        "topics": 2,
        "topics_by_state": {"mirroring": 1, "blind": 1},
        "partitions": 3,
        "unmeasured_partitions": 1,
        "groups": 1,
        "lag_records": 5,
        "max_drift_seconds": 2.5,
    }
    assert mirror["sides"]["source"]["is_up"] is True
    assert mirror["age_seconds"] == 1.0
    assert (mirror["worst_partition"]["topic"], mirror["worst_partition"]["partition"]) == ("audit", 0)


def test_an_old_reading_is_called_stale_and_its_clusters_are_not_called_up() -> None:
    with running(create_app(site_of(mirror_reading(), clock=FakeClock(1016.0)))) as server:
        (mirror,) = server.ask("/api/v1/mirrors").json()["mirrors"]
        rows = server.ask(PARTITIONS).json()

    assert (mirror["is_stale"], rows["is_stale"]) == (True, True)
    assert mirror["sides"]["source"]["is_up"] is False


def test_an_unbounded_number_is_null() -> None:
    columns = replace(partition_columns(), drift_upper=array("d", [float("inf"), 0.0, 0.0]))

    with running(create_app(site_of(mirror_reading(partitions=columns)))) as server:
        rows = server.ask(f"{PARTITIONS}?topic=orders").json()["partitions"]

    assert rows[0]["drift_upper_seconds"] is None


def test_an_alias_with_a_slash_is_reached_percent_encoded() -> None:
    reading = mirror_reading(source="dc1/ä")
    site = site_of(reading, mirrors=lambda: [("dc1/ä", "redpanda")])

    with running(create_app(site)) as server:
        answer = server.ask("/api/v1/mirrors/dc1%2F%C3%A4/redpanda/partitions")

    assert answer.status == 200
    assert answer.json()["source"] == "dc1/ä"
