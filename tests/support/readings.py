"""What must be true of every reading, whatever was read; and input that is almost right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from schemas.codec import REFUSED_HEADER, decode, encode_structured, stand_in
from schemas.records import Coordinate, Record
from schemas.rows import DECODING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.sources.reading import Reading

_AT = Coordinate("redline.events", 0, 0)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def sound(reading: Reading) -> Reading:
    """The same reading, after a look at it: every event is what `redline.events` takes, every fault can travel."""
    for event in reading.events:
        sent = encode_structured(event)
        assert decode(Record(_AT, sent.key, sent.value, sent.headers)) == event
    for fault in reading.faults:
        assert fault.reason in DECODING
        assert dict(stand_in(fault).headers)[REFUSED_HEADER] == fault.reason.encode()
    return reading


def said(reading: Reading) -> list[tuple[str, int]]:
    """Who the events are, and when."""
    return [(event.id, event.time_us) for event in reading.events]


def fuzzed(originals: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """JSON documents with one of their values replaced, or some of their bytes."""
    return st.sampled_from(originals).flatmap(lambda original: _replaced(original) | _damaged(original))


@st.composite
def _replaced(draw: st.DrawFn, original: bytes) -> bytes:
    tree = json.loads(original)
    node: Any = tree
    for _ in range(12):
        if isinstance(node, dict) and node:
            key: Any = draw(st.sampled_from(sorted(node)))
        elif isinstance(node, list) and node:
            key = draw(st.integers(0, len(node) - 1))
        else:
            break
        if draw(st.booleans()) or not isinstance(node[key], dict | list):
            node[key] = draw(_JSON)
            break
        node = node[key]
    return json.dumps(tree).encode()


@st.composite
def _damaged(draw: st.DrawFn, original: bytes) -> bytes:
    start = draw(st.integers(0, len(original)))
    end = draw(st.integers(start, min(len(original), start + 8)))
    return original[:start] + draw(st.binary(max_size=8)) + original[end:]
