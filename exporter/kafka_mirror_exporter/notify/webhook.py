"""One signed post. Receivers prove by the shared secret that a body is ours and whole."""

import hashlib
import hmac
from collections.abc import Callable, Mapping

import requests

from kafka_mirror_exporter.errors import ConfigError, NotDelivered

SIGNATURE_HEADER = "X-Kafka-Mirror-Signature"
_ACCEPTED = range(200, 300)


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
        """Raises `NotDelivered` unless the receiver has accepted it; a redirect is no acceptance.

        What an error says of the address stays out of the sentence: a token may stand in it.
        """
        try:
            signed = {"Content-Type": "application/json", SIGNATURE_HEADER: signature(self._secret(), body)}
            answer = requests.post(
                self._url, data=body, headers=self._headers | signed,
                timeout=self._timeout, allow_redirects=False, stream=True,
            )  # fmt: skip
        except ConfigError as failure:
            raise NotDelivered(str(failure)) from failure
        except (requests.RequestException, ValueError) as failure:
            raise NotDelivered(type(failure).__name__) from failure
        answer.close()
        if answer.status_code not in _ACCEPTED:
            raise NotDelivered(f"it answered {answer.status_code}")
