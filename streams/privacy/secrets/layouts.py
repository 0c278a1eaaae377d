"""Values that do not stand on the line of their name, or stand in a tag: YAML's blocks, XML's elements. Pure."""

from __future__ import annotations

import re

from streams.privacy.secrets.values import is_random

# YAML 1.2, 8.1: a block of text below its name; further lines belong to the value if they look like base 64
_BLOCK = re.compile(
    r"(?P<rest>[\w.\-]{0,60})[\"']?[ \t]{0,3}:[ \t]{1,3}[|>][+\-\d]{0,2}[ \t]{0,40}\r?\n(?P<i>[ \t]{1,60})"
    r"(?P<v>[^\s][^\r\n]{3,2000}(?:\r?\n(?P=i)[0-9A-Za-z+/=_\-]{16,400})*)"
)
_ELEMENT = re.compile(
    r"(?P<rest>[\w.\-:]{0,60})(?:[ \t\"'][^<>\n]{0,100})?>\s{0,3}[ \t]{0,40}+(?P<v>[^<>\n]{3,2000}?)\s{0,40}</"
)
_WORD = re.compile(r"[^\s{}|]+")


def block(text: str, at: int) -> tuple[int, int, int, bool] | None:
    """Where the name ends, and from where to where the block of text below it stands, if there is one; quoted."""
    match = _BLOCK.match(text, at)
    if match is None:
        return None
    value = match["v"].rstrip()
    return match.end("rest"), match.start("v"), match.start("v") + len(value), True


def element(text: str, at: int) -> tuple[int, int, int, bool] | None:
    """Where the name ends, that of a tag or in a tag, and from where to where the element's text stands.

    Of several words (`{id AQAA… 5422…}`, as Jenkins and Maven write them) it is the last one that is random.
    """
    match = _ELEMENT.match(text, at)
    if match is None:
        return None
    value = match["v"]
    if " " in value or value.startswith("{"):
        words = [word for word in _WORD.finditer(text, *match.span("v")) if is_random(word[0])]
        return (match.end("rest"), *words[-1].span(), False) if words else None
    return (match.end("rest"), *match.span("v"), False)
