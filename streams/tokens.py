"""Tokens for OAUTHBEARER: from a file that somebody else renews, or from an identity provider.

The grant is RFC 6749, section 4.4 (client credentials); a token is a JWT (RFC 7519), of which only `exp` and `sub` are
read: whether it holds is the broker's to say.
"""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from schemas.errors import BrokerError
from streams.connection import secret

_ANSWER_S = 10.0
_MOST_BYTES = 1 << 20
# A token that ends sooner is not shown to a broker: it may be over when it arrives.
_LEFT_S = 5.0


@dataclass(frozen=True, slots=True)
class Token:
    """A token, when it ends (seconds since 1970) and whose it is. `repr` does not show it."""

    text: str = field(repr=False)
    expires_s: float
    principal: str


class Tokens(Protocol):
    """Where tokens come from. Safe to use from several threads."""

    def fetch(self) -> Token:
        """A token that still holds. Blocks.

        Raises:
            BrokerError: there is none.
            SettingsError: a file cannot be read.
        """


@dataclass(frozen=True, slots=True)
class FileTokens:
    """The token of a file, read anew every time: Kubernetes and sidecars renew such files."""

    path: str

    def fetch(self) -> Token:
        """As `Tokens` promises."""
        return parsed(secret(self.path, "kafka.token_file"), "kafka.token_file")


class EndpointTokens:
    """Tokens of an identity provider, one at a time, kept for four fifths of their life.

    `ca_file`: certificates to trust instead of the system's; empty: the system's. The secret's file is read at every
    grant.
    """

    def __init__(self, url: str, client_id: str, secret_file: str, *, scope: str = "", ca_file: str = "") -> None:
        self._url, self._client_id, self._secret_file = url, client_id, secret_file
        self._scope, self._ca_file = scope, ca_file
        self._lock = threading.Lock()
        self._held: Token | None = None
        self._until = 0.0

    def fetch(self) -> Token:
        """As `Tokens` promises."""
        with self._lock:
            now = time.time()
            if self._held is None or now >= self._until:
                self._held = self._granted()
                self._until = now + (self._held.expires_s - now) * 0.8
            return self._held

    def _granted(self) -> Token:
        # Hooks read settings too, and must not wait for what only this needs.
        import ssl  # noqa: PLC0415
        import urllib.error  # noqa: PLC0415
        import urllib.parse  # noqa: PLC0415
        import urllib.request  # noqa: PLC0415

        form = {"grant_type": "client_credentials", **({"scope": self._scope} if self._scope else {})}
        # RFC 6749, 2.3.1: both are form-encoded before they are joined.
        names = (self._client_id, secret(self._secret_file, "kafka.client_secret_file"))
        login = base64.b64encode(":".join(urllib.parse.quote_plus(name) for name in names).encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - the settings take http and https only
            self._url,
            urllib.parse.urlencode(form).encode(),
            {"Authorization": f"Basic {login}", "Accept": "application/json"},
        )
        try:
            context = ssl.create_default_context(cafile=self._ca_file or None)
            with urllib.request.urlopen(request, timeout=_ANSWER_S, context=context) as answer:  # noqa: S310
                held: Any = msgspec.json.decode(answer.read(_MOST_BYTES))
        except urllib.error.HTTPError as error:
            raise BrokerError(f"kafka.token_url: needed a token, came HTTP {error.code}") from None
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise BrokerError(f"kafka.token_url: needed a token, came {type(error).__name__}") from None
        text = held.get("access_token") if isinstance(held, dict) else None
        if not isinstance(text, str):
            raise BrokerError("kafka.token_url: needed JSON with an access_token, came another answer")
        return parsed(text, "kafka.token_url")


def parsed(text: str, where: str) -> Token:
    """A JWT's end and subject; nothing else of it is read, and nothing is verified.

    Raises:
        BrokerError: it is no JWT that ends, or is over.
    """
    try:
        part = text.split(".")[1]
        claims: Any = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        expires_s, principal = float(claims["exp"]), str(claims.get("sub", ""))
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, msgspec.DecodeError) as error:
        raise BrokerError(f"{where}: needed a JWT with the claim exp, came {type(error).__name__}") from None
    if expires_s < time.time() + _LEFT_S:
        raise BrokerError(f"{where}: needed a token that holds, came one that is over")
    return Token(text, expires_s, principal)
