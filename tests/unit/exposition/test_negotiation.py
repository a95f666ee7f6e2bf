import pytest

from kafka_mirror_exporter.exposition import accepts_gzip, preferred_format

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (PROMETHEUS_3, "openmetrics"),
        ("", "text"),
        ("*/*", "text"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text"),
        ("application/openmetrics-text", "openmetrics"),
        ("application/openmetrics-text;version=1.0.0;q=0", "text"),
        ("application/openmetrics-text;q=0, */*", "text"),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.9", "text"),
        ("text/plain;q=0.2, application/openmetrics-text;q=0.9", "openmetrics"),
        ("text/plain;q=0, */*;q=0.1", "openmetrics"),
        ("application/openmetrics-text;version=0.0.1", "text"),
        ("application/openmetrics-text;version=9.9.9, text/plain;q=0.1", "text"),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;q=0.7,text/plain;q=0.3",
            "text",
        ),
        ("text/plain;q=nonsense", "text"),
        ("image/png", "text"),
        (";;,,q=1", "text"),
    ],
)
def test_the_format_is_the_one_the_client_weighs_most(accept: str, expected: str) -> None:
    assert preferred_format(accept) == expected


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("deflate, GZIP;q=0.5", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=0.3, identity;q=0.9", False),
        ("br", False),
    ],
)
def test_gzip_is_used_where_it_is_accepted_and_nothing_is_wanted_more(
    accept_encoding: str, *, expected: bool
) -> None:
    assert accepts_gzip(accept_encoding) is expected
