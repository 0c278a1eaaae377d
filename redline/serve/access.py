"""Who may see the pages: whoever has the token that was printed at the start. Pure.

The address with the token is opened once; a cookie stands for it from then on, and the token leaves the address line.
A page of another site that a browser shows cannot ask: its requests carry no cookie (SameSite), and a name of its own
that it points at this machine (DNS rebinding) is not one of ours.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from redline.gateway.exchange import Answer, Refused

if TYPE_CHECKING:
    from redline.gateway.exchange import Request

HOSTS = ("127.0.0.1", "localhost")
_TOKEN = "token"  # noqa: S105 - the name of the parameter


class Access:
    """The token of one run of the server.

    Args:
        token: a secret of 128 bits or more, of letters, digits, `-` and `_`.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self.port = 0
        """Where the server listens, once it does."""

    def __repr__(self) -> str:
        return "Access(…)"

    def admit(self, request: Request) -> Answer | None:
        """None for a request that may be answered; a redirection that sets the cookie for one with the token in it.

        Raises:
            Refused: it came under another name, or without the token.
        """
        if request.header("host").lower() not in {f"{host}:{self.port}" for host in HOSTS}:
            raise Refused(421, "needed the address that `redline serve` printed, came another host name")
        query = parse_qsl(request.query, keep_blank_values=True)
        given = [value for name, value in query if name == _TOKEN]
        if given:
            if not self._is(given[0]):
                raise Refused(403, "the token is not this server's: open the address that it printed at its start")
            rest = urlencode([(name, value) for name, value in query if name != _TOKEN])
            cookie = f"{self._name()}={self._token.decode()}; Path=/; HttpOnly; SameSite=Lax"
            # Not the path as it came: `//host` would lead elsewhere, a line break would end the header.
            to = "/" + quote(request.path.lstrip("/\\"), errors="replace") + (f"?{rest}" if rest else "")
            return Answer(303, headers=(("Location", to), ("Set-Cookie", cookie)))
        scheme, _, bearer = request.header("authorization").partition(" ")
        if scheme.lower() == "bearer" and self._is(bearer.strip()):
            return None
        if any(self._is(value) for value in self._cookies(request)):
            return None
        raise Refused(401, "needed the token: open the address that `redline serve` printed at its start")

    def _cookies(self, request: Request) -> list[str]:
        cookies = (value.split(";") for name, value in request.headers if name == "cookie")
        pairs = (part.strip().partition("=") for parts in cookies for part in parts)
        return [value for name, _, value in pairs if name == self._name()]

    def _name(self) -> str:
        """Of the cookie. Cookies do not know ports, and two servers may run."""
        return f"redline-{self.port}"

    def _is(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._token)
