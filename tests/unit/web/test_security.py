import base64
import json
import logging
import shutil
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from starlette.middleware import Middleware

from kafka_mirror_exporter.errors import ConfigError
from kafka_mirror_exporter.web.auth import Guard
from kafka_mirror_exporter.web.routes import create_app
from kafka_mirror_exporter.web.security import WebSecurity
from unit.exposition.hand_made import mirror_reading
from unit.exposition.scraping import FakeClock
from unit.web.running import Running, running
from unit.web.sites import site_of

CERTIFICATES = Path(__file__).parent / "certificates"
PASSWORD = "correct horse"  # noqa: S105 - of this test


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@dataclass(frozen=True, slots=True)
class WebFile:
    """A web configuration (JSON, which the test's own reader reads) and the clock of who reads it."""

    path: Path
    clock: FakeClock

    def write(self, document: Mapping[str, Any] | str) -> None:
        text = document if isinstance(document, str) else json.dumps(document)
        self.path.write_text(text)
        self.clock.now += 2.0

    def open(self) -> WebSecurity:
        return WebSecurity(self.path, read_document=read_json, monotonic=self.clock)

    def copy_certificates(self, which: str) -> None:
        for role in ("server.pem", "server.key", "ca.pem"):
            shutil.copy(CERTIFICATES / f"{which}-{role}", self.path.parent / role)
        self.clock.now += 2.0


def read_json(path: Path) -> object:
    return json.loads(path.read_text())


@pytest.fixture
def web_file(tmp_path: Path) -> WebFile:
    return WebFile(tmp_path / "web.json", FakeClock())


def app_of(security: WebSecurity) -> Any:
    return create_app(site_of(mirror_reading()), middleware=[Middleware(Guard, current=security.current)])


@pytest.mark.parametrize("path", ["/metrics", "/", "/static/status.js", "/api/v1/mirrors", "/nothing"])
def test_paths_ask_for_a_password_and_take_the_right_one(web_file: WebFile, path: str) -> None:
    web_file.write({"basic_auth_users": {"prometheus": hashed(PASSWORD)}})
    with running(app_of(web_file.open())) as server:
        without = server.ask(path)
        right = [server.ask(path, headers=basic("prometheus", PASSWORD)).status for _ in range(2)]

    assert (without.status, without.json()) == (401, {"error": "A user name and a password are needed."})
    assert without.headers["www-authenticate"].startswith("Basic ")
    assert right == ([404, 404] if path == "/nothing" else [200, 200])


def test_the_live_stream_asks_for_a_password_too(web_file: WebFile) -> None:
    web_file.write({"basic_auth_users": {"prometheus": hashed(PASSWORD)}})
    with running(app_of(web_file.open())) as server:
        without = server.ask("/events")
        right = server.ask("/events", method="HEAD", headers=basic("prometheus", PASSWORD))

    assert (without.status, right.status) == (401, 200)
    assert right.headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
def test_health_and_readiness_stay_open(web_file: WebFile, path: str) -> None:
    web_file.write({"basic_auth_users": {"prometheus": hashed(PASSWORD)}})
    with running(app_of(web_file.open())) as server:
        assert server.ask(path).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        basic("prometheus", "wrong"),
        basic("nobody", PASSWORD),
        basic("prometheus", PASSWORD + "\0"),
        basic("prometheus", "x" * 73),
        basic("prometheus", ""),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"\xff:x").decode()},
        {"Authorization": "Bearer x"},
    ],
)
def test_everything_else_is_refused(web_file: WebFile, headers: dict[str, str]) -> None:
    # bcrypt looks at 72 bytes only, so the longer password would otherwise be the same as this one.
    web_file.write({"basic_auth_users": {"prometheus": hashed(PASSWORD), "long": hashed("x" * 72)}})
    with running(app_of(web_file.open())) as server:
        assert server.ask("/metrics", headers=headers).status == 401


def test_a_password_longer_than_bcrypt_reads_is_not_taken_for_its_beginning(web_file: WebFile) -> None:
    web_file.write({"basic_auth_users": {"long": hashed("x" * 72)}})
    with running(app_of(web_file.open())) as server:
        statuses = [server.ask("/metrics", headers=basic("long", "x" * n)).status for n in (72, 73)]

    assert statuses == [200, 401]


def test_users_and_headers_change_with_the_file_and_old_passwords_are_forgotten(web_file: WebFile) -> None:
    web_file.write({"basic_auth_users": {"prometheus": hashed("old")}})
    with running(app_of(web_file.open())) as server:
        before = server.ask("/metrics", headers=basic("prometheus", "old"))
        web_file.write(
            {
                "basic_auth_users": {"prometheus": hashed("new")},
                "http_server_config": {"headers": {"X-Frame-Options": "deny"}},
            }
        )
        old = server.ask("/metrics", headers=basic("prometheus", "old"))
        new = server.ask("/metrics", headers=basic("prometheus", "new"))

    assert (before.status, old.status, new.status) == (200, 401, 200)
    assert "x-frame-options" not in before.headers
    assert (old.headers["x-frame-options"], new.headers["x-frame-options"]) == ("deny", "deny")


def test_a_file_that_became_bad_leaves_the_old_one_in_force_and_is_said_once(
    web_file: WebFile, caplog: pytest.LogCaptureFixture
) -> None:
    web_file.write({"basic_auth_users": {"prometheus": hashed(PASSWORD)}})
    with caplog.at_level(logging.ERROR), running(app_of(web_file.open())) as server:
        web_file.write({"basic_auth_users": {"prometheus": "in plain"}})
        statuses = []
        for _ in range(3):
            web_file.clock.now += 2.0
            statuses.append(server.ask("/metrics").status)
        right = server.ask("/metrics", headers=basic("prometheus", PASSWORD)).status

    assert (statuses, right) == ([401, 401, 401], 200)
    assert caplog.text.count("the web configuration stays as it was") == 1
    assert "in plain" not in caplog.text


def trusting(which: str, *, client: str | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=CERTIFICATES / f"{which}-ca.pem")
    if client:
        context.load_cert_chain(CERTIFICATES / f"{client}-client.pem", CERTIFICATES / f"{client}-client.key")
    return context


def status_with(port: int, tls: ssl.SSLContext) -> int | str:
    """The status of a request, or "refused" where the connection is not let in."""
    try:
        return Running(port=port, tls=tls).ask("/metrics").status
    except (ssl.SSLError, ConnectionError):
        return "refused"


def test_certificates_change_with_their_files(web_file: WebFile) -> None:
    web_file.copy_certificates("first")
    web_file.write({"tls_server_config": {"cert_file": "server.pem", "key_file": "server.key"}})
    security = web_file.open()
    with running(app_of(security), tls=security.tls()) as server:
        before = [status_with(server.port, trusting(ca)) for ca in ("first", "second")]
        web_file.copy_certificates("second")
        after = [status_with(server.port, trusting(ca)) for ca in ("first", "second")]

    assert (before, after) == ([200, "refused"], ["refused", 200])


def test_client_certificates_are_asked_for_and_an_authority_can_be_replaced(web_file: WebFile) -> None:
    web_file.copy_certificates("first")
    web_file.write(
        {
            "tls_server_config": {
                "cert_file": "server.pem",
                "key_file": "server.key",
                "client_ca_file": "ca.pem",
                "client_auth_type": "RequireAndVerifyClientCert",
            }
        }
    )
    security = web_file.open()
    with running(app_of(security), tls=security.tls()) as server:
        before = [
            status_with(server.port, trusting("first", client=client)) for client in (None, "first", "second")
        ]
        shutil.copy(CERTIFICATES / "second-ca.pem", web_file.path.parent / "ca.pem")
        web_file.clock.now += 2.0
        after = [
            status_with(server.port, trusting("first", client=client)) for client in (None, "first", "second")
        ]

    assert before == ["refused", 200, "refused"]
    assert after == ["refused", "refused", 200]


def test_a_certificate_that_cannot_be_read_is_a_fault_at_start(web_file: WebFile) -> None:
    web_file.write({"tls_server_config": {"cert_file": "none.pem", "key_file": "none.key"}})

    with pytest.raises(ConfigError, match="a certificate, key or client CA cannot be used"):
        web_file.open()
