"""Numbers of four parts that are versions and not addresses: `Version=4.0.0.0`, `Chrome/120.0.0.0`. Pure."""

from __future__ import annotations

import re

_BEFORE = 32
_LEAST = 7
# What a version is written behind. Where in doubt it is an address: `10.0.0.1-40` is a range, `Router/10.0.0.1` a name.
_SAYS_VERSION = re.compile(
    r"(?:\b(?:version|ver|rev|revision|release|build|assembly|firmware|driver|(?:up|down)graded? to|updated? to)\b"
    r"[\"']?[\s:=\-]{0,3}[\"'v]{0,2}"
    r"|(?:[<>=~!^]=|[~^]>?|\bv)\s?[\"']?"
    r")\Z",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"(?<![\w./:@])(?:(?:Headless)?Chrom(?:e|ium)|Firefox|Edg[A-Z]*|OPR|Safari|Version|Electron|SamsungBrowser|YaBrowser|"
    r"Vivaldi|Brave|CriOS|FxiOS|UCBrowser|Whale|Code|Slack|Teams)/v?\Z"
)
_SAYS_ADDRESS = re.compile(
    r"\b(?:ip|addr|address|host|server|gateway|dns|peer|client|remote|listen|bind)\b", re.IGNORECASE
)
_PACKAGE = re.compile(r"-(?:SNAPSHOT|rc\d|beta|alpha|dev|ubuntu|deb|el\d)", re.IGNORECASE)


def is_version(text: str, start: int, end: int) -> bool:
    """True if what stands around a dotted quad says that it is a version, and nothing says that it is an address."""
    if end - start < _LEAST or text.count(".", start, end) != 3 or ":" in text[start:end]:  # noqa: PLR2004 - four parts
        return False
    before = text[max(0, start - _BEFORE) : start]
    if _SAYS_ADDRESS.search(before) is not None:
        return False
    if _SAYS_VERSION.search(before) is not None or _PRODUCT.search(before) is not None:
        return True
    return before[-1:] not in ("/", ":", "@") and _PACKAGE.match(text, end) is not None
