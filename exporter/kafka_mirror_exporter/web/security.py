"""The web configuration in force: read again, whole, when its file or a file it names has changed.

A file that has become bad leaves what was in force as it is, and is logged once.
"""

import logging
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kafka_mirror_exporter.errors import ConfigError
from kafka_mirror_exporter.web.tls import tls_context
from kafka_mirror_exporter.web.web_config import ReadDocument, TlsSettings, WebConfig, parse_web_config

_LOOKS_AGAIN_AFTER_SECONDS = 1.0
_log = logging.getLogger(__name__)
Print = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class _InForce:
    config: WebConfig
    context: ssl.SSLContext | None


class WebSecurity:
    """Certificates, users and headers as they are now; the first reading raises `ConfigError`."""

    def __init__(self, file: Path, *, read_document: ReadDocument, monotonic: Callable[[], float]) -> None:
        self._file = file
        self._read_document = read_document
        self._monotonic = monotonic
        self._looking = threading.Lock()
        self._in_force = self._load()
        self._print = self._fingerprint(self._in_force.config)
        self._looked_at = monotonic()
        self._front = self._front_context(self._in_force)

    def current(self) -> WebConfig:
        """What is in force now; looks at the files at most once a second."""
        if self._monotonic() - self._looked_at >= _LOOKS_AGAIN_AFTER_SECONDS and self._looking.acquire(
            blocking=False
        ):
            try:
                self._look()
            finally:
                self._looking.release()
        return self._in_force.config

    def tls(self) -> ssl.SSLContext | None:
        """The context to listen with, which hands every connection to the one in force; None without TLS."""
        return self._front

    def _look(self) -> None:
        found = self._fingerprint(self._in_force.config)
        if found != self._print:
            try:
                self._replace(self._load())
            except ConfigError as error:
                _log.error("the web configuration stays as it was: %s", error)
                self._print = found
        self._looked_at = self._monotonic()

    def _replace(self, loaded: _InForce) -> None:
        if _handshake(loaded.config.tls) != _handshake(self._in_force.config.tls):
            # OpenSSL fixes these for a connection before the context can be chosen.
            _log.warning("TLS on or off, client_auth_type and min_version change only at the next start")
        self._in_force = loaded
        self._print = self._fingerprint(loaded.config)
        _log.info("web configuration read again")

    def _load(self) -> _InForce:
        config = parse_web_config(self._read_document(self._file), file=self._file)
        return _InForce(config, None if config.tls is None else tls_context(config.tls))

    def _front_context(self, in_force: _InForce) -> ssl.SSLContext | None:
        if in_force.config.tls is None:
            return None
        front = tls_context(in_force.config.tls)

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _front: object) -> None:
            self.current()
            if self._in_force.context is not None:
                connection.context = self._in_force.context

        # A context can only gain client CAs, never lose one: so a new one takes its place, whole.
        front.sni_callback = choose
        return front

    def _fingerprint(self, config: WebConfig) -> Print:
        files = [self._file]
        if config.tls is not None:
            files += [config.tls.cert_file, config.tls.key_file]
            files += [config.tls.client_ca_file] if config.tls.client_ca_file else []
        return tuple(_identity(file) for file in files)


def _identity(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _handshake(tls: TlsSettings | None) -> tuple[str, str] | None:
    return None if tls is None else (tls.client_auth_type, tls.min_version)
