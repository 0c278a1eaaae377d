"""JSON that a producer put into a string: arguments of tools, messages. Pure."""

from __future__ import annotations

from typing import Any

from schemas import strict_json
from schemas.errors import DecodeError

_MAX_DEPTH = 48  # an event may have 64 levels, and this is to stand inside of one
_OPENING = ("{", "[")


def parsed(text: str) -> Any:
    """What the string says, if it is a JSON object or array that we would take from anyone; else the string itself."""
    if not text.lstrip().startswith(_OPENING):
        return text or None
    try:
        return strict_json.parse(text.encode(), max_depth=_MAX_DEPTH, names=())
    except (DecodeError, UnicodeEncodeError):
        return text
