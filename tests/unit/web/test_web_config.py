from pathlib import Path
from typing import Any

import pytest

from kafka_mirror_exporter.errors import ConfigError
from kafka_mirror_exporter.web.web_config import parse_web_config

FILE = Path("/etc/kme/web.yml")
HASH = "$2y$04$" + "a" * 53
TLS = {"cert_file": "server.pem", "key_file": "/keys/server.key"}


def test_every_known_key_is_taken_and_paths_are_relative_to_the_file() -> None:
    config = parse_web_config(
        {
            "tls_server_config": TLS
            | {
                "client_ca_file": "ca.pem",
                "client_auth_type": "RequireAndVerifyClientCert",
                "min_version": "TLS13",
            },
            "http_server_config": {"headers": {"X-Frame-Options": "deny"}},
            "basic_auth_users": {"prometheus": HASH},
        },
        file=FILE,
    )

    assert config.tls is not None
    assert (config.tls.cert_file, config.tls.key_file) == (
        Path("/etc/kme/server.pem"),
        Path("/keys/server.key"),
    )
    assert config.tls.client_ca_file == Path("/etc/kme/ca.pem")
    assert config.users == {"prometheus": HASH.encode()}
    assert config.headers == {"X-Frame-Options": "deny"}
    assert HASH not in repr(config)


@pytest.mark.parametrize("document", [None, {}, {"basic_auth_users": None}])
def test_an_empty_file_asks_for_nothing(document: object) -> None:
    config = parse_web_config(document, file=FILE)

    assert (config.tls, config.users, config.headers) == (None, {}, {})


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "must be a mapping"),
        ({"rate_limit": {}}, "rate_limit: is not supported; known here: tls_server_config"),
        (
            {"tls_server_config": TLS | {"cipher_suites": []}},
            "tls_server_config.cipher_suites: is not supported",
        ),
        ({"tls_server_config": {"cert_file": "a"}}, "tls_server_config.key_file: is missing"),
        (
            {"tls_server_config": TLS | {"client_auth_type": "RequireAnyClientCert"}},
            "tls_server_config.client_auth_type: RequireAnyClientCert is not supported",
        ),
        (
            {"tls_server_config": TLS | {"min_version": "TLS10"}},
            "tls_server_config.min_version: TLS10 is not supported; one of: TLS12, TLS13",
        ),
        (
            {"tls_server_config": TLS | {"client_ca_file": "ca.pem"}},
            "tls_server_config.client_ca_file: goes together with a client_auth_type that verifies",
        ),
        (
            {"tls_server_config": TLS | {"client_auth_type": "VerifyClientCertIfGiven"}},
            "tls_server_config.client_ca_file: goes together with a client_auth_type that verifies",
        ),
        ({"tls_server_config": TLS | {"cert_file": 5}}, "tls_server_config.cert_file: must be a text"),
        ({"http_server_config": {"http2": True}}, "http_server_config.http2: is not supported"),
        (
            {"http_server_config": {"headers": {"Server": "x"}}},
            "http_server_config.headers.Server: is not supp",
        ),
        (
            {"http_server_config": {"headers": {"X-Frame-Options": "a\nb"}}},
            "http_server_config.headers.X-Frame-Options: must be one line of plain text",
        ),
        ({"basic_auth_users": {"u": "secret"}}, "basic_auth_users.u: must be a bcrypt hash"),
        ({"basic_auth_users": {"u": 5}}, "basic_auth_users.u: must be a bcrypt hash"),
        ({"basic_auth_users": {"a:b": HASH}}, "basic_auth_users.a:b: a user name cannot hold a colon"),
    ],
)
def test_a_fault_is_named_with_its_place(document: Any, fault: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_web_config(document, file=FILE)

    assert f"/etc/kme/web.yml: {fault}" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_web_config({"a": 1, "tls_server_config": {}, "b": 2}, file=FILE)

    assert len(refused.value.faults) == 4
