"""Mail addresses and URLs by their shape. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.sieve import SHARED
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 5321's local part as mailboxes are named in practice: an apostrophe inside, none around; `key=` is no part of it.
_MAIL = re.compile(
    r"(?<![\w.+\-])\w(?:[\w.+\-'&~!%]{0,62}[\w+\-])?"
    r"(?:@|%40)(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.)+(?P<top>[^\W\d_](?:[^\W_]|-(?=[^\W_])){1,62})"
)
# Endings of files and of attributes in code that stand after an @ too: `logo@2x.png`, `a@b.transpose(`.
_FILES = (
    "png jpg jpeg gif svg webp ico bmp pdf html htm css scss less js jsx mjs cjs ts tsx json xml yaml yml toml txt csv "
    "tsv log lock tgz gz zip whl jar war class dll exe service socket timer"
)
_NO_TOP = frozenset(_FILES.split())
_URL = re.compile(r"(?<![A-Za-z])(?:(?:https?|ftps?|wss?|s3|gs)://|www\.)[^\s<>\"'`\\{}|^]+", re.IGNORECASE)
_BARE_URL = re.compile(
    r"(?<![\w@./\-])(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+(?:com|org|edu|gov)(?:/[^\s<>\"'`\\{}|^]*)?(?![\w@(=])",
    re.IGNORECASE,
)
_OLDEST = re.compile(r"\.(?:com|org|edu|gov)", re.IGNORECASE)
_LOCAL_URL = re.compile(r"[a-z]+://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?:[:/?#]|\Z)", re.IGNORECASE)
_TRAILING = ".,;:!?*_~"  # ends a sentence or an emphasis, not a URL
_OPENS = {")": "(", "]": "["}


_MAIL_AT, _URL_AT, _BARE_AT = SHARED.add(_MAIL, _URL, _BARE_URL)
_SIGN = re.compile("@|%40")
_LOCAL = re.compile(r"[\w.+\-'&~!%]*+")  # what may stand before the sign of a mail address, read backwards
_HOST = re.compile(r"[A-Za-z0-9.\-]*+", re.IGNORECASE)


def find(text: str) -> list[Found]:
    """Mail addresses under any top-level domain, and URLs with a scheme, `www.` or one of the oldest domains, whole."""
    live = SHARED.live(text)
    found: list[Found] = []
    if _MAIL_AT in live:
        found += [
            Found(*match.span(), "EMAIL_ADDRESS", 0.95)
            for match in _around(_MAIL, _SIGN, _LOCAL, text)
            if match["top"].lower() not in _NO_TOP and not text.startswith(("(", "["), match.end())
        ]
    if _URL_AT in live and ("://" in text or "www." in text.lower()):
        for match in _URL.finditer(text):
            value = match.group().rstrip(_TRAILING)
            while value and value[-1] in ")]" and value.count(value[-1]) > value.count(_OPENS[value[-1]]):
                value = value[:-1].rstrip(_TRAILING)
            if not _LOCAL_URL.match(value):
                found.append(Found(match.start(), match.start() + len(value), "URL", 0.7))
    if _BARE_AT in live:
        found += [Found(*match.span(), "URL", 0.6) for match in _around(_BARE_URL, _OLDEST, _HOST, text)]
    return found


def _around(
    expression: re.Pattern[str], sign: re.Pattern[str], before: re.Pattern[str], text: str
) -> Iterator[re.Match[str]]:
    """All matches of an expression, each of which has a sign inside and, up to it, only what may stand before it."""
    at = 0
    while (place := sign.search(text, at)) is not None:
        reach = before.match(text[at : place.start()][::-1])
        match = expression.search(text, place.start() - (reach.end() if reach else 0))
        if match is None:
            return
        yield match
        at = match.end()
