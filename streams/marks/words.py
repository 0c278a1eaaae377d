"""How texts are cut into words for marks, and the keyed hashes of words. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from streams.identity import KEY_BYTES_MAX, KEY_BYTES_MIN, person
from streams.surrogates import people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.rows import Interaction

_DIGEST_BYTES = 8  # looked for among the few words of one interaction: a false hit in 10^15 of them
_PERSON = b"redline.mark"  # other hashes under the same key have none
# Letters with their marks, O'Brien as one word, Jane's as Jane; or digits. ASCII alone takes a third of the time.
_RUN = re.compile(rf"{people.LETTER}+(?:['\u2019](?![sS](?![^\W_])){people.LETTER}+)*|\d+")
_ASCII_RUN = re.compile(r"[A-Za-z]+(?:'(?![sS](?![0-9A-Za-z]))[A-Za-z]+)*|[0-9]+")


class Hashes:
    """Keyed hashes of words, other ones in each scope.

    Args:
        identity: the key of ids, which lives as long as the tables.

    Raises:
        ValueError: the key is shorter than 16 or longer than 64 bytes.
    """

    def __init__(self, identity: bytes) -> None:
        if not KEY_BYTES_MIN <= len(identity) <= KEY_BYTES_MAX:
            raise ValueError(f"marks: needed a key of {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, came {len(identity)}")
        self._base = hashlib.blake2b(key=identity, digest_size=_DIGEST_BYTES, person=_PERSON)

    def __repr__(self) -> str:
        return "Hashes()"

    def within(self, scope: str) -> ScopeHashes:
        """Those of one interaction or session, by its keyed id."""
        return ScopeHashes(self._base, scope)


class ScopeHashes:
    """Keyed hashes of words in one scope."""

    def __init__(self, base: hashlib.blake2b, scope: str) -> None:
        self._base = base.copy()
        encoded = scope.encode("utf-8", "surrogatepass")
        self._base.update(len(encoded).to_bytes(8, "big") + encoded)

    def of_subject(self, subject: str) -> str:
        """16 hex digits of a person; no word has the same."""
        return self.of(f"subject {person(subject)}")

    def of(self, word: str) -> str:
        """16 hex digits of a word in the spelling of `plain`."""
        mac = self._base.copy()
        mac.update(word.encode("utf-8", "surrogatepass"))
        return mac.hexdigest()


def scope_of(row: Interaction) -> str:
    """What the marks of a row are of: its interaction, or its session if it has none."""
    return row.interaction_key or row.session_key


def plain(word: str) -> str:
    """The spelling under which words are the same; it is the one under which their surrogates are."""
    return word.lower() if word.isascii() else people.plain(word)


def whole(run: str) -> bool:
    """True if a run of letters or digits is surely one word: no capital in it that could begin a second one."""
    return run[1:].islower() or run.isupper() or run.isdigit()


def runs(text: str) -> set[str]:
    """Every run of letters of a text, and of digits."""
    return set((_ASCII_RUN if text.isascii() else _RUN).findall(text))


def words(text: str) -> Iterator[tuple[int, int]]:
    """Where the words of a text stand, parts of camel-case words each by itself."""
    for match in (_ASCII_RUN if text.isascii() else _RUN).finditer(text):
        if whole(match[0]):
            yield match.span()
        else:
            yield from people.parts(text, *match.span())
