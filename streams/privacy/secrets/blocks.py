"""Secrets over several lines: private keys in PEM and OpenPGP armour, the data of a Kubernetes Secret. Pure.

A key may be escaped (`\\n` in a JSON string), joined from string literals, indented, commented, or cut at the end of the
text. A header without a key after it, as in code that looks for one, is none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.secrets.values import is_stand_in
from streams.surrogates import SECRET, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 7468 and RFC 4880; the fifth dash group of PGP's is "BLOCK"
_BEGIN = re.compile(r"-----BEGIN[ A-Z0-9_\-]{0,100}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END[ A-Z0-9_\-]{0,100}-----")
_BODY = re.compile(r"[0-9A-Za-z+/=]{16}")
# What may stand between the lines of a key: white space, escapes, quotes, string joins, comment signs, RFC 1421 headers
_FILLING = re.compile(
    r"(?:[0-9A-Za-z+/=\s]|\\[nrt]|\\\\n|\\u000a|[\"'`,+.\\|*#>&;]|(?:Proc-Type|DEK-Info|Version|Comment|Hash)?[ :,\-][^\n\\]{0,0})*"
)
_HEADER = re.compile(r"(?:\s|\\n|\\r)*(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash)[^\n\\]{0,200}(?:\s|\\n|\\r)*)*")
_LONGEST = 20_000  # characters: an RSA key of 16,384 bits has 12,500
_CUT = 40  # with fewer characters after it, a header at the end of a text is a key that was cut

_DATA = re.compile(r"^([ \t]*)(?:data|stringData)\s*:\s*$", re.MULTILINE)
_KIND = re.compile(r"^[ \t]*kind\s*:\s*[\"']?Secret[\"']?\s*$", re.MULTILINE | re.IGNORECASE)
_ENTRY = re.compile(
    r"([ \t]+)[\"']?[\w.\-]+[\"']?\s*:[ \t]*(?:(?:\||>[\-+]?)[ \t]*\n[ \t]+)?[\"']?([^\s\"'#]{4,20000})"
)
_DOCUMENT = re.compile(r"^---\s*$", re.MULTILINE)


def private_keys(text: str) -> Iterator[Found]:
    """Blocks from their first to their last dash; to the end of what is there where the end was cut off."""
    at = 0
    while (begin := _BEGIN.search(text, at)) is not None:
        at = begin.end()
        end = _END.search(text, at, at + _LONGEST)
        other = text.find("-----BEGIN", at, end.start() if end else at)
        stop = end.end() if end and other < 0 else _body_end(text, at)
        inner = text[at : end.start() if end and other < 0 else stop]
        if not (_BODY.search(inner) or (stop == len(text) and inner.strip() and len(inner) <= _CUT)):
            continue
        if (
            end
            and other < 0
            and not _FILLING.fullmatch(inner[(_HEADER.match(inner) or begin).end() if _HEADER.match(inner) else 0 :])
        ):
            stop = _body_end(text, at)  # code between a header and some footer: take what looks like a key
            if not _BODY.search(text, at, stop):
                continue
        yield Found(begin.start(), stop, SECRET, 1.0)
        at = stop


def _body_end(text: str, at: int) -> int:
    header = _HEADER.match(text, at, at + _LONGEST)
    match = _FILLING.match(text, header.end() if header else at, at + _LONGEST)
    stop = match.end() if match else at
    if stop == len(text):
        return stop
    return at + len(text[at:stop].rstrip(" \t\r\n\"'`,+.\\|*#>&;"))


def kubernetes(text: str) -> Iterator[Found]:
    """The values of `data` and `stringData` in documents of kind Secret (Kubernetes API reference, Secret v1)."""
    if _KIND.search(text) is None:
        return
    starts = [0, *(match.end() for match in _DOCUMENT.finditer(text)), len(text)]
    for first, last in zip(starts, starts[1:], strict=False):
        if _KIND.search(text, first, last) is None:
            continue
        for data in _DATA.finditer(text, first, last):
            yield from _entries(text, data.end(), last, len(data[1]))


def _entries(text: str, at: int, last: int, indent: int) -> Iterator[Found]:
    while at < last:
        at = text.find("\n", at, last) + 1
        if at == 0:
            return
        entry = _ENTRY.match(text, at, last)
        if entry is None or len(entry[1]) <= indent:
            if text[at : at + 1].strip() or (entry is not None):
                return
            continue
        value = entry[2]
        if not is_stand_in(value) and len(set(value)) > 3:  # noqa: PLR2004 - "aaaa"
            yield Found(entry.start(2), entry.end(2), SECRET, 0.9)
        at = entry.end() - 1
