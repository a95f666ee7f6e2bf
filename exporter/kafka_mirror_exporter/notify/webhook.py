"""One signed post. Receivers prove by the shared secret that a body is ours and whole."""

import hashlib
import hmac
from collections.abc import Callable, Mapping

from kafka_mirror_exporter.errors import ConfigError, NotDelivered
from kafka_mirror_exporter.notify.http import post_json

SIGNATURE_HEADER = "X-Kafka-Mirror-Signature"


def signature(secret: str, body: bytes) -> str:
    """What stands in the header: HMAC-SHA256 over the raw body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Webhook:
    """Where one receiver listens; `secret` is read for every attempt, and raises `ConfigError`."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        secret: Callable[[], str],
        timeout_seconds: float = 5.0,
    ) -> None:
        self._url = url
        self._headers = dict(headers)
        self._secret = secret
        self._timeout = timeout_seconds

    def post(self, body: bytes) -> None:
        """Raises `NotDelivered` unless the receiver has accepted it."""
        try:
            signed = {SIGNATURE_HEADER: signature(self._secret(), body)}
        except ConfigError as failure:
            raise NotDelivered(str(failure)) from failure
        post_json(self._url, body, headers=self._headers | signed, timeout_seconds=self._timeout)
