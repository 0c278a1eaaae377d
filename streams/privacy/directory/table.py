"""The compiled directory: one table of hashes, read where it lies in the file.

Layout, little endian: magic (8 bytes), salt (16), number of slots, of people, of entries (8 each), length of the head
text (8), head text (UTF-8), zeros up to a multiple of 8, the slots (8 each), BLAKE2b of all before (32). A slot is 0 or
the first 56 bits of BLAKE2b(salt, form) over 8 bits of flags; a form is in the slot of its hash or the next free one.

So a form can be asked for and not listed: the file holds no name, login or mail in clear. Whoever has it can still ask
for every name they can think of, so it is a secret file. The head text is the first characters of names in scripts
without spaces.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

GIVEN = 1  # a first name or nickname, or a part of one
LAST = 2  # a last name, or a part of one
FULL = 4  # all letters of "first last"
REVERSED = 8  # all letters of "last first"
LOGIN = 16  # a login, or what stands before the @ of a mail
GUESSED = 32  # the first letter of the first name and the last name
INITIAL = 64  # a first or last name and the first letter of the other
SOLID = 128  # as one word in one letter case it can be nothing else
ANY = 255
_MAGIC = b"RLPEOPL1"
_HEAD = struct.Struct("<8s16sQQQQ")
_CHECK = 32
_MASK = (1 << 56) - 1
_LOAD = 0.6  # of slots in use: 1.8 looks on average for a form that is there
_SALT = 16


class TableError(ValueError):
    """The bytes are no compiled directory."""


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """The forms of a directory. Made by `read`."""

    salt: bytes
    slots: memoryview
    size: int
    people: int
    entries: int
    head: str

    def get(self, form: str) -> int:
        """Flags of a form, 0 if it is not there."""
        digest = hashlib.blake2b(form.encode("utf-8", "surrogatepass"), digest_size=8, salt=self.salt).digest()
        key = int.from_bytes(digest, "little") & _MASK
        slots, size = self.slots, self.size
        at = key % size
        while (slot := slots[at]) >> 8 != key:
            if not slot:
                return 0
            at += 1
            if at == size:
                at = 0
        return int(slot & 255)


def compiled(forms: Mapping[str, int], *, salt: bytes, people: int, head: str) -> bytes:
    """The file's bytes for these forms and their flags (1 to 255 each)."""
    size = max(int(len(forms) / _LOAD), 8) | 1
    slots = array("Q", bytes(8 * size))
    for form, flags in forms.items():
        digest = hashlib.blake2b(form.encode("utf-8", "surrogatepass"), digest_size=8, salt=salt).digest()
        key = int.from_bytes(digest, "little") & _MASK
        at = key % size
        while slots[at]:
            at = (at + 1) % size
        slots[at] = (key << 8) | flags
    text = head.encode()
    start = _HEAD.pack(_MAGIC, salt, size, people, len(forms), len(text)) + text
    content = start + bytes(-len(start) % 8) + slots.tobytes()
    return content + hashlib.blake2b(content, digest_size=_CHECK).digest()


def read(content: memoryview) -> Table:
    """The table in these bytes (of a file, mapped or read); nothing is copied.

    Raises:
        TableError: they are no compiled directory, or not all of one.
    """
    if len(content) < _HEAD.size + _CHECK or bytes(content[:8]) != _MAGIC:
        raise TableError("needed a compiled directory, came something else")
    _, salt, size, people, entries, length = _HEAD.unpack(content[: _HEAD.size])
    start = _HEAD.size + length
    start += -start % 8
    if len(content) != start + 8 * size + _CHECK:
        raise TableError("needed all of a compiled directory, came a part")
    if hashlib.blake2b(content[:-_CHECK], digest_size=_CHECK).digest() != bytes(content[-_CHECK:]):
        raise TableError("needed the bytes that were written, came others")
    head = bytes(content[_HEAD.size : _HEAD.size + length]).decode()
    return Table(bytes(salt), content[start : start + 8 * size].cast("Q"), size, people, entries, head)
