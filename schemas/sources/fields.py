"""A foreign JSON object while it is read: what is asked for must have its type, the rest is drift. Pure.

Tolerant where producers are known to differ: a number or a truth value may come as a string, a null is as good as
nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from schemas import strict_json
from schemas.errors import DecodeError
from schemas.sources import cloudevents
from schemas.sources.reading import Drift, notice, safe_name

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Container, Mapping

MAX_DEPTH: Final = 64  # what `schemas.codec` takes behind Kafka
MAX_UNIT_BYTES: Final = 8 << 20  # several of the longest events: one line may become more than one
_INT64 = 2**63
_LONGEST_NUMBER = 32
_MILLISECONDS = 1_000
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


class Fields:
    """The fields of one object. Every method raises DecodeError, with the path and the expected type, never a value."""

    __slots__ = ("_path", "raw")

    def __init__(self, raw: Mapping[str, Any], path: str = "$") -> None:
        self.raw = raw
        self._path = path

    def __contains__(self, name: str) -> bool:
        return self.raw.get(name) is not None

    def text(self, name: str) -> str:
        """A string; empty where there is none."""
        value = self.raw.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.fault("wrong_type", name, "string")
        return value

    def needed(self, name: str) -> str:
        """A string that is there; it may be empty."""
        if self.raw.get(name) is None:
            raise self.fault("missing_field", name, "string")
        return self.text(name)

    def identifier(self, name: str) -> str:
        """A string that is there and says something."""
        value = self.needed(name)
        if not value or value.isspace():
            raise self.fault("bad_value", name, "a string that is not empty")
        return value

    def flag(self, name: str) -> bool | None:
        """A truth value, also as a string; None where there is none."""
        value = self.raw.get(name)
        if isinstance(value, str):
            value = _FLAGS.get(value.lower(), value)
        if value is None or isinstance(value, bool):
            return value
        raise self.fault("wrong_type", name, "boolean")

    def count(self, name: str) -> int | None:
        """A whole number from 0 to 2^63 - 1, also as a string or with a fraction, which is cut; None for none."""
        value = self.raw.get(name)
        if value is None:
            return None
        if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
            try:
                value = float(value) if "." in value else int(value)
            except ValueError:
                raise self.fault("wrong_type", name, "integer") from None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fault("wrong_type", name, "integer")
        if not math.isfinite(value) or not 0 <= value < _INT64:
            raise self.fault("bad_value", name, "an integer from 0 to 2^63 - 1")
        return int(value)

    def array(self, name: str) -> list[Any]:
        """An array; empty where there is none."""
        value = self.raw.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fault("wrong_type", name, "array")
        return value

    def object(self, name: str) -> Fields:
        """An object; empty where there is none."""
        value = self.raw.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.fault("wrong_type", name, "object")
        return Fields(value or {}, f"{self._path}.{name}")

    def time_us(self, *names: str) -> int | None:
        """The first of these times, in microseconds: RFC 3339, or milliseconds since 1970. None where there is none."""
        for name in names:
            value = self.raw.get(name)
            if value is None:
                continue
            if isinstance(value, str):
                time = cloudevents.micros(value)
            else:
                milliseconds = self.count(name)
                time = None if milliseconds is None else cloudevents.in_range(milliseconds * _MILLISECONDS)
            if time is None:
                raise self.fault("bad_value", name, "RFC 3339 time or milliseconds, from 1970 to 2261")
            return time
        return None

    def fault(self, reason: str, name: str, expected: str) -> DecodeError:
        """The fault of one field. `name` is a name of the format, never a key of the input."""
        return DecodeError(reason, f"{self._path}.{name}", expected)

    def drift(self, counts: Counter[Drift], known: Container[str], source: str, version: str) -> None:
        """Count the keys that are not `known`."""
        for key in self.raw:
            if key not in known:
                notice(counts, Drift(source, version, "key", f"{self._path}.{safe_name(key)}"))


def parse_object(value: bytes, names: Container[str]) -> Fields:
    """One JSON object. `names` are the keys that a fault's path may show.

    Raises:
        DecodeError: not JSON, not an object, too deep or too large.
    """
    if len(value) > MAX_UNIT_BYTES:
        raise DecodeError("too_large", "$", f"at most {MAX_UNIT_BYTES} bytes")
    tree = strict_json.parse(value, max_depth=MAX_DEPTH, names=names)
    if not isinstance(tree, dict):
        raise DecodeError("wrong_type", "$", "object")
    return Fields(tree)
