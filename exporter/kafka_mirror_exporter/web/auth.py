"""Basic authentication and extra headers before every path but health and readiness.

bcrypt is slow on purpose (0.3 s): one check at a time in the thread pool, and what was right once is
remembered by a keyed digest until the configuration changes. An unknown user costs as much as a known one.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable

import bcrypt
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kafka_mirror_exporter.web.web_config import WebConfig

_OPEN_PATHS = ("/-/healthy", "/-/ready")
_MAX_BCRYPT_BYTES = 72
_MAX_REMEMBERED = 1000


class Guard:
    """An ASGI middleware; `current` gives the configuration in force."""

    def __init__(self, app: ASGIApp, *, current: Callable[[], WebConfig]) -> None:
        self._app = app
        self._current = current
        self._digest_key = secrets.token_bytes(32)
        self._remembered: set[bytes] = set()
        self._remembered_for: WebConfig | None = None
        self._checking = asyncio.Semaphore(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request pass, or answers 401."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        config = await run_in_threadpool(self._current)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in config.headers.items():
                    headers[name] = value
            await send(message)

        if not config.users or scope["path"] in _OPEN_PATHS or await self._is_known(scope, config):
            await self._app(scope, receive, send_with_headers)
            return
        answer = JSONResponse(
            {"error": "A user name and a password are needed."},
            401,
            headers={"WWW-Authenticate": 'Basic realm="kafka-mirror-exporter", charset="UTF-8"'},
        )
        await answer(scope, receive, send_with_headers)

    async def _is_known(self, scope: Scope, config: WebConfig) -> bool:
        credentials = _credentials(Headers(scope=scope).get("authorization", ""))
        if credentials is None:
            return False
        user, password = credentials
        if len(password) > _MAX_BCRYPT_BYTES:
            return False
        digest = hmac.digest(self._digest_key, user.encode() + b"\0" + password, hashlib.sha256)
        if self._remembered_for is not config:
            self._remembered, self._remembered_for = set(), config
        remembered = self._remembered
        if digest in remembered:
            # Before the queue of checks, where somebody's wrong guesses may be waiting.
            return True
        async with self._checking:
            is_right = await run_in_threadpool(_is_right, config, user, password)
        if is_right and len(remembered) < _MAX_REMEMBERED:
            remembered.add(digest)
        return is_right


def _credentials(header: str) -> tuple[str, bytes] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _is_right(config: WebConfig, user: str, password: bytes) -> bool:
    # Somebody's hash stands in for an unknown user, so that the answer takes as long.
    hashed = config.users.get(user) or next(iter(config.users.values()))
    try:
        is_match = bcrypt.checkpw(password, hashed)
    except ValueError:
        # A zero byte in the password, which bcrypt cannot hold.
        return False
    return is_match and user in config.users
