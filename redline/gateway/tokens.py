"""Who may send: bearer tokens, one or more per producer, of which only hashes are kept.

A token is 256 random bits, so a plain SHA-256 of it cannot be guessed back; a slow hash is for passwords. The file is
`state/gateway-tokens.json`, mode 0600. A running gateway sees changes within a second.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import re
import secrets
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from redline import private_file
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FILE = "gateway-tokens.json"
PREFIX = "rlg_"  # so that secret scanners, ours too, can know one

_BYTES = 32
_OWNER_ONLY = 0o077
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_LOOK_S = 1.0


class Producer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a token speaks for, and what it may do."""

    name: str
    sha256: str
    subject: str = ""
    """The one person whose events these are; empty: whoever the events name."""
    sources: tuple[str, ...] = ()
    """CloudEvents sources it may send, exact or with a `*` at the end; empty: all."""
    rate: float = 0.0
    """Events per second; 0: no limit."""

    def __repr__(self) -> str:
        return f"Producer({self.name})"

    def allows(self, source: str) -> bool:
        """True if the token may send events of this source."""
        if not self.sources:
            return True
        return any(source.startswith(s[:-1]) if s.endswith("*") else source == s for s in self.sources)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    producers: list[Producer]


ANYONE = Producer(name="open", sha256="")


class Tokens:
    """The token file as a running gateway reads it. What cannot be read lets nobody in."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked = float("-inf")
        self._seen: tuple[int, int] | None = None
        self._by_hash: dict[str, Producer] = {}

    def producer(self, authorization: str) -> Producer | None:
        """Whose token an Authorization header carries; None if nobody's."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        self._refresh()
        given = _hash(token.strip())
        found = self._by_hash.get(given)
        return found if found is not None and hmac.compare_digest(found.sha256, given) else None

    def _refresh(self) -> None:
        now = self._clock()
        if now < self._looked + _LOOK_S:
            return
        self._looked = now
        try:
            status = self._path.stat()
            seen = (status.st_ctime_ns, status.st_ino)  # of content and mode
            if seen != self._seen:
                self._by_hash = {producer.sha256: producer for producer in load(self._path)}
                self._seen = seen
        except (OSError, SettingsError):
            self._by_hash, self._seen = {}, None


def load(path: Path) -> list[Producer]:
    """Every producer in the file; none if there is no file.

    Raises:
        SettingsError: others can read it, or it is no token file.
    """
    if not path.exists():
        return []
    if path.stat().st_mode & _OWNER_ONLY:
        raise SettingsError(f"{path}: needed mode 0600, others can read it; run `chmod 600 {path}`")
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File).producers
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise SettingsError(
            f"{path}: needed a token file of Redline, came something else; remove it and make tokens anew"
        ) from None


def add(path: Path, name: str, *, subject: str = "", sources: tuple[str, ...] = (), rate: float = 0.0) -> str:
    """A new token for a new producer. It is shown this once and kept nowhere.

    Raises:
        SettingsError: the name is taken or is no name, or the file cannot be used.
    """
    if _NAME.fullmatch(name) is None:
        raise SettingsError(f"token: needed a name of 1 to 64 letters, digits, `.`, `_`, `-`; came {len(name)} others")
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    with _changing(path) as producers:
        if any(producer.name == name for producer in producers):
            raise SettingsError(f"token: {name} has one; run `redline gateway token remove {name}` first")
        producers.append(Producer(name, _hash(token), subject, sources, rate))
    return token


def remove(path: Path, name: str) -> bool:
    """Take a producer's token away. False if there is none of this name.

    Raises:
        SettingsError: the file cannot be used.
    """
    with _changing(path) as producers:
        left = [producer for producer in producers if producer.name != name]
        found = len(left) < len(producers)
        producers[:] = left
    return found


@contextmanager
def _changing(path: Path) -> Iterator[list[Producer]]:
    """The list to change; written when the block ends well. One process at a time, and nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        producers = load(path)
        yield producers
        private_file.write(path, msgspec.json.format(msgspec.json.encode(_File(producers))))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
