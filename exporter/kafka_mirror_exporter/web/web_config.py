"""The file of `--web.config.file`, in the form of Prometheus' exporter-toolkit, checked as a whole."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kafka_mirror_exporter.errors import ConfigError, Fault

_SECTIONS = ("tls_server_config", "http_server_config", "basic_auth_users")
_TLS_KEYS = ("cert_file", "key_file", "client_ca_file", "client_auth_type", "min_version")
_HEADERS = (
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
)
NO_CLIENT_CERT, IF_GIVEN, REQUIRED = "NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"
_AUTH_TYPES = (NO_CLIENT_CERT, IF_GIVEN, REQUIRED)
_VERSIONS = ("TLS12", "TLS13")
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1\d|2\d|3[01])\$[./A-Za-z0-9]{53}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """What the server shows, and what it asks of clients."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None
    client_auth_type: str
    min_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """A checked file; `users` holds bcrypt hashes, which are shown nowhere."""

    tls: TlsSettings | None = None
    users: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


def parse_web_config(document: object, *, file: Path) -> WebConfig:
    """Checks a document; paths in it are relative to its file. Raises `ConfigError` with all faults."""
    parser = _Parser(file)
    config = parser.config(document)
    if parser.faults:
        raise ConfigError(parser.faults)
    return config


class _Parser:
    """Collects faults on the way; the value it returns is good only where there are none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.faults: list[Fault] = []

    def config(self, document: object) -> WebConfig:
        sections = self._mapping("", {} if document is None else document, _SECTIONS)
        tls = sections.get("tls_server_config")
        http = self._mapping("http_server_config", sections.get("http_server_config") or {}, ("headers",))
        return WebConfig(
            tls=None if tls is None else self._tls(tls),
            users={name: hashed.encode() for name, hashed in self._users(sections.get("basic_auth_users"))},
            headers=dict(self._headers(http.get("headers"))),
        )

    def _tls(self, section: object) -> TlsSettings:
        at = "tls_server_config"
        values = self._mapping(at, section, _TLS_KEYS)
        for key, value in values.items():
            if not isinstance(value, str) or not value:
                self._fault(f"{at}.{key}", "must be a text that is not empty")
        for key in ("cert_file", "key_file"):
            if key not in values:
                self._fault(f"{at}.{key}", "is missing")
        auth_type = str(values.get("client_auth_type", NO_CLIENT_CERT))
        version = str(values.get("min_version", "TLS12"))
        self._one_of(f"{at}.client_auth_type", auth_type, _AUTH_TYPES)
        self._one_of(f"{at}.min_version", version, _VERSIONS)
        if (auth_type != NO_CLIENT_CERT) != ("client_ca_file" in values):
            self._fault(f"{at}.client_ca_file", "goes together with a client_auth_type that verifies")
        ca = values.get("client_ca_file")
        return TlsSettings(
            cert_file=self._path(values.get("cert_file")),
            key_file=self._path(values.get("key_file")),
            client_ca_file=None if ca is None else self._path(ca),
            client_auth_type=auth_type,
            min_version=version,
        )

    def _users(self, section: object) -> list[tuple[str, str]]:
        users = self._mapping("basic_auth_users", section or {}, None)
        for name, hashed in users.items():
            if ":" in name:
                self._fault(f"basic_auth_users.{name}", "a user name cannot hold a colon")
            if not isinstance(hashed, str) or _BCRYPT.fullmatch(hashed) is None:
                self._fault(f"basic_auth_users.{name}", "must be a bcrypt hash, like $2y$10$...")
        return [(name, str(hashed)) for name, hashed in users.items()]

    def _headers(self, section: object) -> list[tuple[str, str]]:
        headers = self._mapping("http_server_config.headers", section or {}, _HEADERS)
        for name, value in headers.items():
            if not isinstance(value, str) or not value.isascii() or not value.isprintable():
                self._fault(f"http_server_config.headers.{name}", "must be one line of plain text")
        return [(name, str(value)) for name, value in headers.items()]

    def _mapping(self, at: str, value: object, allowed: tuple[str, ...] | None) -> Mapping[str, object]:
        if not isinstance(value, Mapping):
            self._fault(at, "must be a mapping")
            return {}
        for key in value:
            path = f"{at}.{key}" if at else str(key)
            if not isinstance(key, str):
                self._fault(path, "a key must be a text")
            elif allowed is not None and key not in allowed:
                self._fault(path, f"is not supported; known here: {', '.join(allowed)}")
        return {str(key): of_key for key, of_key in value.items()}

    def _one_of(self, at: str, value: str, allowed: tuple[str, ...]) -> None:
        if value not in allowed:
            self._fault(at, f"{value} is not supported; one of: {', '.join(allowed)}")

    def _path(self, value: object) -> Path:
        return self._file.parent / str(value)

    def _fault(self, path: str, sentence: str) -> None:
        self.faults.append(Fault(path=path, sentence=sentence, file=str(self._file)))


ReadDocument = Callable[[Path], object]
"""Parses a YAML file; raises `ConfigError` where it is not YAML."""
