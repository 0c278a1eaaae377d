"""Answers as OTLP/HTTP wants them: in the request's encoding. Pure.

Source: open-telemetry/opentelemetry-proto, docs/specification.md ("OTLP/HTTP Response") and
collector/{logs,trace}/v1: an Export*ServiceResponse has one field, partial_success {rejected = 1, error_message = 2}; a
failure is a google.rpc.Status {code = 1, message = 2}. Two fields each are written by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from redline.gateway.exchange import JSON, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redline.gateway.exchange import Placed, Refused

PROTOBUF = "application/x-protobuf"

_VARINT, _BYTES = 0, 2  # wire types
_SEVEN_BITS = 0x7F
_TOLD = 20  # faults in a message, of maybe thousands


def exported(media_type: str, *, rejected_name: str, faults: Sequence[Placed]) -> Answer:
    """200: everything was taken, or all but so many."""
    if media_type == PROTOBUF:
        partial = _number(1, len(faults)) + _text(2, _sentence(faults)) if faults else b""
        return Answer(200, _field(1, partial) if partial else b"", PROTOBUF)
    if not faults:
        return Answer(200, b"{}", JSON)
    partial_success = {rejected_name: str(len(faults)), "errorMessage": _sentence(faults)}
    return Answer(200, msgspec.json.encode({"partialSuccess": partial_success}), JSON)


def failed(media_type: str, refused: Refused) -> Answer:
    """A refusal as a Status."""
    message = refused.detail + (f": {_sentence(refused.faults)}" if refused.faults else "")
    if media_type == PROTOBUF:
        return Answer(refused.status, _text(2, message), PROTOBUF, refused.headers)
    return Answer(refused.status, msgspec.json.encode({"message": message}), JSON, refused.headers)


def _sentence(faults: Sequence[Placed]) -> str:
    told = [f"{fault.reason} at {fault.path}: expected {fault.expected}" for _, fault in faults[:_TOLD]]
    more = len(faults) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3 | _VARINT) + _varint(value)


def _text(tag: int, value: str) -> bytes:
    return _field(tag, value.encode())


def _field(tag: int, value: bytes) -> bytes:
    return _varint(tag << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > _SEVEN_BITS:
        found.append(value & _SEVEN_BITS | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
