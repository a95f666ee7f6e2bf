"""Query parameters, refused with a sentence where they make no sense."""

from collections.abc import Collection

from starlette.exceptions import HTTPException
from starlette.requests import Request

from kafka_mirror_exporter.web.ranking import Page

DEFAULT_LIMIT, MAX_LIMIT = 500, 5000
_MAX_OFFSET = 10_000_000
_MAX_INTEGER = 2**31 - 1


class Parameters:
    """The parameters of one request; unknown or repeated ones are refused, for they would be ignored."""

    def __init__(self, request: Request, *, allowed: Collection[str]) -> None:
        self._values = dict(request.query_params)
        names = [name for name, _ in request.query_params.multi_items()]
        for name in names:
            if name not in allowed:
                known = ", ".join(allowed) or "none"
                raise HTTPException(400, f"Unknown parameter {name}; this path knows: {known}.")
            if names.count(name) > 1:
                raise HTTPException(400, f"The parameter {name} is given more than once.")

    def text(self, name: str) -> str | None:
        """The value as it stands."""
        return self._values.get(name)

    def boolean(self, name: str) -> bool | None:
        """Either true or false."""
        value = self._values.get(name)
        if value not in (None, "true", "false"):
            raise HTTPException(400, f"The parameter {name} is true or false, not {value!r}.")
        return None if value is None else value == "true"

    def integer(self, name: str) -> int | None:
        """A whole number from 0, where it is given."""
        return self._integer(name, default=0, least=0, most=_MAX_INTEGER) if name in self._values else None

    def page(self) -> Page:
        """`offset` and `limit`."""
        return Page(
            offset=self._integer("offset", default=0, least=0, most=_MAX_OFFSET),
            limit=self._integer("limit", default=DEFAULT_LIMIT, least=1, most=MAX_LIMIT),
        )

    def _integer(self, name: str, *, default: int, least: int, most: int) -> int:
        value = self._values.get(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 12 and least <= int(value) <= most):
            raise HTTPException(
                400, f"The parameter {name} is a whole number from {least} to {most}, not {value!r}."
            )
        return int(value)
