"""JSON to an HTTP address that is a secret: it is in no error and no `repr`."""

from __future__ import annotations

import logging
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from schemas.errors import ChannelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Of a request that says nothing new when it is repeated. 408, 409, 425 and 429 may pass; so may 401, 403 and 404, once
# somebody has mended the settings.
_MALFORMED = frozenset({400, 405, 406, 411, 413, 415, 422})
_MOST_WAIT_S = 3_600.0


class Post:
    """POSTs to whatever address `url` gives at the moment.

    Args:
        channel: name, for errors.
        setting: which setting to look at, for errors.
        url: gives the address; may raise a RedlineError.
        timeout_s: for connecting, and between two bytes.
    """

    def __init__(self, channel: str, setting: str, url: Callable[[], str], *, timeout_s: float) -> None:
        self._channel = channel
        self._setting = setting
        self._url = url
        # Warnings of httpx about requests carry the address.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = httpx.Client(timeout=timeout_s, follow_redirects=False)

    def __repr__(self) -> str:
        return f"Post({self._channel!r}, …)"

    def json(self, body: Any, headers: Mapping[str, str] | None = None) -> str:
        """POST a body; anything but 2xx raises ChannelError. Returns the status."""
        try:
            answer = self._client.post(
                self._url(),
                content=msgspec.json.encode(body),
                headers={"content-type": "application/json", "user-agent": "redline", **(headers or {})},
            )
        # The client asserts things of addresses that are none.
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, AssertionError, ValueError) as error:
            raise ChannelError(f"{self._channel}: no answer ({type(error).__name__}): check {self._setting}") from None
        if not answer.is_success:
            raise ChannelError(
                f"{self._channel}: needed 2xx, came {answer.status_code}: check {self._setting}",
                retry_after_s=_seconds(answer),
                malformed=answer.status_code in _MALFORMED,
            )
        return f"HTTP {answer.status_code}"

    def close(self) -> None:
        """Close connections."""
        self._client.close()


def _seconds(answer: httpx.Response) -> float | None:
    """How long the server asks to wait (RFC 9110, Retry-After: seconds, or a date)."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(_MOST_WAIT_S, float(said[:9]))
    try:
        then = parsedate_to_datetime(said)
        now = parsedate_to_datetime(answer.headers.get("date", ""))
        return min(_MOST_WAIT_S, max(0.0, (then - now).total_seconds()))
    except (ValueError, TypeError, IndexError):
        return None
