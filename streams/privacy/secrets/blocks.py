r"""Secrets over several lines: private keys in PEM and OpenPGP armour, the data of a Kubernetes Secret. Pure.

A key may be escaped (`\n` in a JSON string), joined from string literals, indented, commented, or cut at the end of
the text. A header without a key after it, as in code that looks for one, is none.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from streams.privacy.secrets.values import is_stand_in
from streams.surrogates import SECRET, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 7468 and RFC 4880
_BEGIN = re.compile(r"-----BEGIN[ A-Z0-9_\-]{0,100}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END[ A-Z0-9_\-]{0,100}-----")
# Key material: with a digit, or too long for a word, or the beginning of an ASN.1 sequence
_BODY = re.compile(
    r"(?=[A-Za-z+/]{0,15}[0-9])[0-9A-Za-z+/=]{16}|[0-9A-Za-z+/=]{40}|(?<![0-9A-Za-z+/=])MI[0-9A-Za-z+/=]{10}"
)
# All that stands between the dashes: key, headers (RFC 1421), white space, escapes, quotes, string joins, comment signs
_INNER = re.compile(r"[0-9A-Za-z+/=\s\\\"'`,.|*#>&;:()@\-]*")
_GAP = r"(?:\s|\\+[nrt]|[\"'`,+.\\|*#>&;:]|//)"
_HEADERS = rf"(?:{_GAP}{{0,40}}(?:Proc-Type|DEK-Info|Version|Comment|Hash):[^\n\\]{{0,200}})*+"
# Without a footer: lines as long as those of keys, and a shorter last one
_LINES = re.compile(
    rf"{_HEADERS}(?:{_GAP}{{0,80}}[0-9A-Za-z+/=]{{30,}})++(?:{_GAP}{{1,40}}(?=[A-Za-z]*[0-9+/=])[0-9A-Za-z+/]+={{0,2}}(?![\w(.]))?"
)
_CUT = re.compile(rf"{_GAP}{{1,40}}[0-9A-Za-z+/=]{{1,40}}\Z")
_LONGEST = 20_000  # characters: an RSA key of 16,384 bits has 12,500

_DATA = re.compile(r"^([ \t]*)(?:data|stringData)[ \t]*:[ \t]*$", re.MULTILINE)
_KIND = re.compile(r"^[ \t]*kind[ \t]*:[ \t]*[\"']?Secret[\"']?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_ENTRY = re.compile(
    r"([ \t]+)[\"']?[\w.\-]+[\"']?\s*:[ \t]*(?:(?:\||>[\-+]?)[ \t]*\n[ \t]+)?[\"']?([^\s\"'#]{4,20000})"
)
_DOCUMENT = re.compile(r"^---\s*$", re.MULTILINE)


def private_keys(text: str) -> Iterator[Found]:
    """Blocks from their first to their last dash; to the end of what is there where the end was cut off."""
    at = 0
    while (begin := _BEGIN.search(text, at)) is not None:
        at = begin.end()
        other = text.find("-----BEGIN", at, at + _LONGEST)
        limit = other if other >= 0 else min(len(text), at + _LONGEST)
        end = _END.search(text, at, limit)
        if end is not None and _is_key(text, at, end.start()):
            stop = end.end()
        elif (lines := _LINES.match(text, at, limit) or _CUT.match(text, at)) is not None:
            stop = lines.end()
        else:
            continue
        yield Found(begin.start(), stop, SECRET, 1.0)
        at = stop


def _is_key(text: str, start: int, end: int) -> bool:
    return _BODY.search(text, start, end) is not None and _INNER.fullmatch(text, start, end) is not None


def kubernetes(text: str) -> Iterator[Found]:
    """The values of `data` and `stringData` in documents of kind Secret (Kubernetes API reference, Secret v1)."""
    if _KIND.search(text) is None:
        return
    starts = [0, *(match.end() for match in _DOCUMENT.finditer(text)), len(text)]
    for first, last in pairwise(starts):
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
