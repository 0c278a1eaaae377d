"""An identity that exists nowhere else, ways to write it, and the search that finds any trace of it in any bytes."""

from __future__ import annotations

import base64
import gzip
import html
import json
import quopri
import re
import unicodedata
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from schemas.events import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemas.events import Data

SUBJECT = "zorblatt.quuxling@quuxly-corp.com"
IDENTITIES = {
    "mail": SUBJECT,
    "name": "Zorblatt Quuxling",
    "turned": "Quuxling, Zorblatt",
    "login": "zquuxling",
    "phone": "+44 29 2018 0713",
    "secret": "ghp_" + "Zq7R4kP0x9LmT2vB8nW5cY3dF6gH1jK4sA0e",
}
# In lower case. No surrogate, no word and no name of ours has one of these in it.
NEEDLES = ("zorblatt", "quuxl", "2018 0713", "20180713", "zq7r4kp0x9lm")

_CYRILLIC = dict(zip("aceopxy", "асеорху", strict=True))  # noqa: RUF001 - letters that look like others
_LATIN = str.maketrans({alike: letter for letter, alike in _CYRILLIC.items()})


def _alike(value: str) -> str:
    """Every second letter that has a Cyrillic twin."""
    count = 0
    letters = []
    for letter in value:
        twin = _CYRILLIC.get(letter)
        count += twin is not None
        letters.append(twin if twin is not None and count % 2 == 0 else letter)
    return "".join(letters)


# What the scrubber reads. What it does not (other ciphers, base 32, tags within a value…) is in docs/scrubbing.md.
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda v: quote(v, safe=""),
    "percent, every character": lambda v: "".join(f"%{b:02X}" for b in v.encode()),
    "percent, twice": lambda v: quote(quote(v, safe=""), safe=""),
    "base64": lambda v: _base64(f"please ask {v} about it".encode()),
    "base64, bare": lambda v: _base64(v.encode() + b" " * (16 - len(v))),
    "base64, lines": lambda v: base64.encodebytes(f"{'notes of the week. ' * 5}write to {v}, please".encode()).decode(),
    "base64url": lambda v: base64.urlsafe_b64encode(f"please ask {v} about it??".encode()).decode().rstrip("="),
    "base64 of UTF-16, little end": lambda v: _base64(v.encode("utf-16-le")),
    "base64 of UTF-16, big end": lambda v: _base64(v.encode("utf-16-be")),
    "base64, twice": lambda v: _base64(_base64(f"ask {v}".encode()).encode()),
    "base64 of gzip": lambda v: _base64(gzip.compress(f"please ask {v} about it".encode(), mtime=0)),
    "base64 of zlib": lambda v: _base64(zlib.compress(f"please ask {v} about it".encode())),
    "base 16": lambda v: f"please ask {v} about it".encode().hex(),
    "octal": lambda v: "".join(f"\\{b:03o}" for b in v.encode()),
    "quoted-printable": lambda v: quopri.encodestring(f"Grüße, {v}".encode(), quotetabs=True).decode(),
    "quoted-printable, every character": lambda v: "".join(f"={b:02X}" for b in v.encode()),
    "references": html.escape,
    "references, decimal": lambda v: "".join(f"&#{ord(c)};" for c in v),
    "references, hexadecimal": lambda v: "".join(f"&#x{ord(c):x};" for c in v),
    "JSON in JSON": lambda v: json.dumps(json.dumps({"note": f"ask {v}"})),
    "escapes of JSON": lambda v: "".join(f"\\u{ord(c):04x}" for c in v),
    "escapes of bytes": lambda v: "".join(f"\\x{b:02x}" for b in v.encode()),
    "escapes of JavaScript": lambda v: "".join(f"\\u{{{ord(c):x}}}" for c in v),
    "nothing between": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "full width": lambda v: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() or c in "@.+" else c for c in v),
    "look-alikes": _alike,
    "bold": lambda v: "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in v),
}
POSITIONS = {
    "alone": "{}",
    "start": "{} has asked for it again",
    "end": "please ask about it: {}",
    "middle": "could you please tell {} that the build is red?",
    "line": "first line\nsecond line\n{}\nlast line",
    "string": 'const owner = "{}"; // see above',
    "comment": "x = 1  # ask {} first\ny = 2",
    "address": "http://host.internal/u?q={}&x=1",
    "field": '{{"assignee": "{}", "open": true}}',
}


# Every field of an event that can hold text, by type; the last ones are inside of free-form arguments.
_COMMON = ("session_id", "tool", "id", "source")
FIELDS = {
    "redline.suggestion.v1": (
        *_COMMON, "interaction_id", "text", "prompt", "prompt.role", "prompt.content", "before", "model", "language",
        "path",
    ),
    "redline.decision.v1": (*_COMMON, "interaction_id", "accepted_text"),
    "redline.edit.v1": (*_COMMON, "interaction_id", "text"),
    "redline.step.v1": (
        *_COMMON, "content", "tool_name", "outcome", "arguments", "arguments.key", "arguments.value", "arguments.deep",
    ),
    "redline.revision.v1": (*_COMMON, "document_id", "revision", "before", "after", "language"),
    "redline.message.v1": (*_COMMON, "thread_id", "channel_id", "reply_to", "text", "message_id", "org_unit"),
    "redline.session.v1": (*_COMMON, "reason"),
}  # fmt: skip
_REQUIRED: dict[str, Any] = {
    "session_id": "s", "surface": "chat", "tool": "t/1", "interaction_id": "i", "task": "reply", "text": "",
    "verdict": "partial",
    "role": "tool", "kind": "tool_call", "document_id": "d", "revision": 1, "before": "", "after": "", "thread_id": "t",
    "state": "started",
}  # fmt: skip


def planted(schema: type[Data], values: dict[str, str]) -> Data:
    """An event's data with these texts in these fields (of `FIELDS`; `id` and `source` are the envelope's)."""
    data = {name: value for name, value in _REQUIRED.items() if name in schema.__struct_fields__}
    for field, text in values.items():
        match field:
            case "prompt.role" | "prompt.content":
                data["prompt"] = [Message(**{"role": "user", "content": "", field.removeprefix("prompt."): text})]
            case "arguments.key" | "arguments.value" | "arguments.deep":
                inner = {
                    "arguments.key": {text: 1},
                    "arguments.value": {"q": text},
                    "arguments.deep": {"a": [{"b": [text]}]},
                }
                data["arguments"] = inner[field]
            case _:
                data[field] = text
    return schema(**data)


_DEPTH = 3  # encodings of encodings that are undone: one more than the scrubber promises
_TOKEN = re.compile(rb"[A-Za-z0-9+/_\-]{12,}(?:\r?\n[A-Za-z0-9+/_\-]+)*")
_BASE_16 = re.compile(rb"[0-9A-Fa-f]{12,}")
_ESCAPE = re.compile(rb"\\+(?:u\{0*([0-9a-fA-F]{2,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|([nrt]))")


def traces(content: bytes) -> list[str]:
    """How the identity can be read in these bytes: the way to it, decoder by decoder. Nothing is what one wants."""
    found: set[str] = set()
    seen: set[bytes] = set()
    waiting: list[tuple[str, bytes, int]] = [("as it stands", content, 0)]
    while waiting:
        way, data, depth = waiting.pop()
        if data in seen:
            continue
        seen.add(data)
        if any(needle in reading for reading in _to_the_eye(data) for needle in NEEDLES):
            found.add(way)
        if depth < _DEPTH:
            waiting += [(f"{way}, {name}", one, depth + 1) for name, one in _decoded(data)]
    return sorted(found)


def _to_the_eye(data: bytes) -> Iterator[str]:
    text = data.decode("utf-8", "replace")
    yield text.lower()
    yield data.replace(b"\0", b"").decode("latin-1").lower()  # UTF-16 of either order
    if not text.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
        yield plain.translate(_LATIN).lower()


def _decoded(data: bytes) -> Iterator[tuple[str, bytes]]:
    """All that these bytes can be read as; written without a look at how the scrubber does it."""
    if b"%" in data:
        yield "percent", unquote_to_bytes(data)
    if b"&" in data:
        yield "references", html.unescape(data.decode("utf-8", "surrogateescape")).encode("utf-8", "replace")
    if b"\\" in data:
        yield "escapes", _ESCAPE.sub(_unescaped, data).replace(b"\\", b"")
    if b"=" in data:
        yield "quoted-printable", quopri.decodestring(data)
    for token in set(_BASE_16.findall(data)):
        yield "base 16", bytes.fromhex(token[: len(token) // 2 * 2].decode())
    for token in set(_TOKEN.findall(data)):
        run = re.sub(rb"\s", b"", token).translate(bytes.maketrans(b"-_", b"+/"))
        for shift in range(4):
            whole = run[shift:]
            inner = base64.b64decode(
                whole[: len(whole) // 4 * 4] + (whole[len(whole) // 4 * 4 :] + b"===")[:4] * (len(whole) % 4 > 1)
            )
            yield "base64", inner
            yield "packed", _unpacked(inner)


def _unescaped(match: re.Match[bytes]) -> bytes:
    brace, unit, byte, octal, letter = match.groups()
    if letter:
        return b"\n"
    code = int(octal, 8) if octal else int(brace or unit or byte, 16)
    return bytes([code]) if byte or octal else chr(code).encode("utf-8", "replace") if code <= 0x10FFFF else b""


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(data, 1_000_000)
    except zlib.error:
        return b""


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
