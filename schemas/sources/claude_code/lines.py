"""One line of a transcript, taken apart: what later steps use of it, or a fault, and what it has that nobody knew.

A line whose type carries no turn still has its place in the tree of `uuid` and `parentUuid`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from schemas import strict_json
from schemas.errors import DecodeError
from schemas.sources import cloudevents
from schemas.sources.claude_code.vocabulary import BLOCK_KEYS, KEYS, MESSAGE_KEYS, NOISE, TURNS
from schemas.sources.reading import Drift, Fault, Reading, safe_name, safe_version

READER: Final = "claude_code"
# A Read of an image is some MB of base64; nothing a person wrote is that long.
MAX_LINE_BYTES: Final = 64 << 20
_MAX_DEPTH = 200  # far below the parser's own limit; what is deeper than an event may be is refused behind the broker

_MOST_UNKNOWN = 50  # keys of one object that are counted by name
# Escapes of surrogates: pairs, which are a character, and halves, which the tool leaves where it cuts a text.
_SURROGATES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..")
_HALF = 6  # bytes
_PATH_KEYS: Final = KEYS | MESSAGE_KEYS.union(*BLOCK_KEYS.values())
_VERSIONS = re.compile(r"(1\.0|2\.0|2\.1)\.\d{1,4}(-[0-9A-Za-z.]+)?", re.ASCII)


class Hook(NamedTuple):
    """A hook that ran: the event it hangs on, what follows the colon of its name, its command, and for which call."""

    event: str
    name: str
    command: str
    tool_use_id: str


@dataclass(frozen=True, slots=True)
class Line:
    """What is used of one line. Holds raw text: its `repr` shows none."""

    type: str
    uuid: str
    parent: str
    session_id: str
    agent: str
    """The subagent it belongs to; empty in the main conversation. `sidechain` in old versions, which do not name it."""
    time_us: int
    version: str
    branch: str
    entrypoint: str
    hidden: str = ""
    """The rule by which it is no turn of a person or a model, such as `meta`; empty if it may be one."""
    blocks: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    """Content blocks; a content that is one string is one text block."""
    message_id: str = ""
    model: str = ""
    result: Any = field(default=None, repr=False)
    """`toolUseResult`."""
    attachment: dict[str, Any] = field(default_factory=dict, repr=False)
    subtype: str = ""
    hook: Hook | None = field(default=None, repr=False)
    """A hook that ran."""


@dataclass(slots=True)
class Parsed:
    """A line, or why there is none, and what stood in it that nobody knew."""

    line: Line | None
    reading: Reading


def parse(raw: bytes) -> Parsed:
    """Take one line apart. Never raises for what is in it."""
    reading = Reading()
    line: Line | None = None
    try:
        line = _line(_tree(raw, reading), reading)
    except DecodeError as error:
        reading.faults.append(Fault.of(error))
    return Parsed(line, reading)


def _tree(raw: bytes, reading: Reading) -> dict[str, Any]:
    if len(raw) > MAX_LINE_BYTES:
        raise DecodeError("too_large", "$", f"at most {MAX_LINE_BYTES} bytes")
    try:
        tree = strict_json.parse(raw, max_depth=_MAX_DEPTH, names=_PATH_KEYS)
    except DecodeError as error:
        whole = _SURROGATES.sub(_mended, raw)
        if error.reason != "invalid_utf8" or whole == raw:
            raise
        reading.drift[Drift(READER, "?", "value", "$ half a surrogate pair")] += 1
        tree = strict_json.parse(whole, max_depth=_MAX_DEPTH, names=_PATH_KEYS)
    if not isinstance(tree, dict):
        raise DecodeError("wrong_type", "$", "object")
    return tree


def _mended(escape: re.Match[bytes]) -> bytes:
    """Half a pair as U+FFFD."""
    return b"\\ufffd" if len(escape[0]) == _HALF else escape[0]


def _line(tree: dict[str, Any], reading: Reading) -> Line | None:
    kind = _needed(tree, "type")
    version = safe_version(tree.get("version")) if "version" in tree else ""
    if kind in TURNS:
        _unknown(tree, KEYS, "$", version or "?", reading)
    if version and not _VERSIONS.fullmatch(version):
        reading.drift[Drift(READER, version, "version", "$.version")] += 1
    if kind not in TURNS and kind not in NOISE:
        reading.drift[Drift(READER, version or "?", "type", safe_name(kind))] += 1
        reading.skipped["unknown_type"] += 1
    elif kind in NOISE:
        reading.skipped[kind.replace("-", "_")] += 1
    turn = kind in TURNS
    time = _needed(tree, "timestamp") if turn else _string(tree, "timestamp")
    time_us = cloudevents.micros(time)
    if turn and time_us is None:
        raise DecodeError("bad_value", "$.timestamp", "RFC 3339 time with a zone, from 1970 to 2261")
    uuid = _named(tree, "uuid") if turn else _string(tree, "uuid")
    if not turn and not uuid:
        return None  # it has no place in the tree
    message = tree.get("message") if kind in {"user", "assistant"} else {}
    if not isinstance(message, dict):
        raise _fault(tree, "message", "object")
    attachment = tree.get("attachment") if kind == "attachment" else {}
    if not isinstance(attachment, dict):
        raise _fault(tree, "attachment", "object")
    side = tree.get("isSidechain") is True
    return Line(
        type=kind,
        uuid=uuid,
        parent=_string(tree, "parentUuid") or _string(tree, "logicalParentUuid"),
        session_id=_named(tree, "sessionId") if turn else _string(tree, "sessionId"),
        agent=(_string(tree, "agentId") or "sidechain") if side else "",
        time_us=time_us or 0,
        version=version,
        branch=_string(tree, "gitBranch"),
        entrypoint=_string(tree, "entrypoint"),
        hidden=_hidden(tree, kind),
        blocks=_blocks(message, version or "?", reading) if kind in {"user", "assistant"} else (),
        message_id=_string(message, "id"),
        model=_string(message, "model"),
        result=tree.get("toolUseResult"),
        attachment=attachment,
        subtype=_string(tree, "subtype"),
        hook=_hook(tree, kind, attachment),
    )


def _hidden(tree: dict[str, Any], kind: str) -> str:
    if tree.get("isCompactSummary") is True:
        return "compact_summary"
    if tree.get("isMeta") is True:
        return "meta"
    if tree.get("isVisibleInTranscriptOnly") is True:
        return "transcript_only"
    if kind == "assistant" and tree.get("isApiErrorMessage") is True:
        return "api_error"
    return ""


def _hook(tree: dict[str, Any], kind: str, attachment: dict[str, Any]) -> Hook | None:
    source = tree.get("data") if kind == "progress" else attachment
    if not isinstance(source, dict) or not _string(source, "hookEvent"):
        return None
    name = _string(source, "hookName").partition(":")[2]
    call = _string(source, "toolUseID") or _string(tree, "toolUseID")
    return Hook(_string(source, "hookEvent"), name, _string(source, "command"), call)


def _blocks(message: dict[str, Any], version: str, reading: Reading) -> tuple[dict[str, Any], ...]:
    """The blocks that can be used. The first one that cannot is a fault; the others still count."""
    _unknown(message, MESSAGE_KEYS, "$.message", version, reading)
    content = message.get("content")
    if isinstance(content, str):
        return ({"type": "text", "text": content},)
    if not isinstance(content, list):
        raise _fault(message, "content", "string or array of blocks", "$.message")
    found: list[dict[str, Any]] = []
    for number, block in enumerate(content):
        path = f"$.message.content[{number}]"
        try:
            found.append(_block(block, path))
        except DecodeError as error:
            if not reading.faults:
                reading.faults.append(Fault.of(error))
            found.append({"type": ""})  # keeps the numbers of those behind it
            continue
        kind = block["type"]
        known = BLOCK_KEYS.get(kind)
        if known is None:
            reading.drift[Drift(READER, version, "type", f"message.content.{safe_name(kind)}")] += 1
        else:
            _unknown(block, known, "$.message.content[]", version, reading)
    return tuple(found)


def _unknown(tree: dict[str, Any], known: frozenset[str], path: str, version: str, reading: Reading) -> None:
    for key in sorted(tree.keys() - known)[:_MOST_UNKNOWN]:
        reading.drift[Drift(READER, version, "key", f"{path}.{safe_name(key)}")] += 1


def _block(block: object, path: str) -> dict[str, Any]:
    if not isinstance(block, dict):
        raise DecodeError("wrong_type", path, "object")
    kind = _needed(block, "type", path)
    if kind == "text":
        _needed(block, "text", path)
    elif kind == "tool_use":
        _named(block, "id", path)
        _named(block, "name", path)
        if not isinstance(block.get("input"), dict):
            raise _fault(block, "input", "object", path)
    elif kind == "tool_result":
        _named(block, "tool_use_id", path)
    return block


def _needed(tree: dict[str, Any], key: str, path: str = "$") -> str:
    value = tree.get(key)
    if not isinstance(value, str):
        raise _fault(tree, key, "string", path)
    return value


def _named(tree: dict[str, Any], key: str, path: str = "$") -> str:
    value = _needed(tree, key, path)
    if not value or value.isspace():
        raise DecodeError("bad_value", f"{path}.{key}", "a string that is not empty")
    return value


def _string(tree: dict[str, Any], key: str) -> str:
    value = tree.get(key)
    return value if isinstance(value, str) else ""


def _fault(tree: dict[str, Any], key: str, expected: str, path: str = "$") -> DecodeError:
    reason = "missing_field" if tree.get(key) is None else "wrong_type"
    return DecodeError(reason, f"{path}.{key}", expected)
