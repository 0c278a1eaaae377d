"""Content types, and gzip with an end. Pure."""

from __future__ import annotations

import zlib

from redline.gateway.exchange import Refused

_GZIP = 31  # zlib's window bits for a gzip header
_PIECE = 1 << 20
_MEMBERS = 16  # of one stream; each costs a copy of the rest, and exporters write one


def media_type(content_type: str) -> str:
    """The type of a Content-Type header without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def inflated(body: bytes, encoding: str, *, most: int) -> bytes:
    """The body without its Content-Encoding.

    Raises:
        Refused: 415 for an encoding other than gzip, 400 for a broken stream, 413 beyond `most` bytes, of which never
            more than a piece is made.
    """
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip"}:
        raise Refused(415, "needed Content-Encoding gzip, or none", headers=(("Accept-Encoding", "gzip"),))
    pieces: list[bytes] = []
    size = 0
    rest = body
    members = 0
    while rest:
        members += 1
        member = zlib.decompressobj(_GZIP)
        if members > _MEMBERS:
            raise Refused(400, f"needed a gzip stream of at most {_MEMBERS} members")
        while not member.eof:
            piece = _piece(member, rest, min(_PIECE, most - size + 1))
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise too_large(most)
            rest = member.unconsumed_tail
        rest = member.unused_data
    return b"".join(pieces)


def _piece(member: zlib._Decompress, rest: bytes, most: int) -> bytes:
    try:
        piece = member.decompress(rest, most)
        if piece or member.eof or member.unconsumed_tail:
            return piece
    except zlib.error:
        pass  # raised below, where it cannot carry the bytes along
    raise Refused(400, "needed a whole gzip stream")


def too_large(most: int) -> Refused:
    """The refusal of a body that is too long."""
    return Refused(413, f"needed a body of at most {most} bytes; send fewer events at a time")
