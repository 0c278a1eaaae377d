"""Raw coordinates in published tables, sealed: whoever has the key reads where a row came from, nobody else does.

A coordinate is one 16-byte token: 4 bytes of the topic's BLAKE2b, 4 of the partition, 8 of the offset, big-endian, as
one block of AES (FIPS 197) by itself. One block is a keyed permutation, so equal coordinates give equal tokens and
nothing else is told; each table has a key of its own, so tokens of two tables cannot be compared. The tokens of a row
are sorted: their order says nothing of the order of arrival.

The only import of cryptography's ciphers.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from schemas.errors import SinkError
from schemas.tables import HIDDEN, SEALED, SOURCE
from schemas.topics import EVENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.tables import Table

_COLUMN = "sources"
_BYTES = 16
_PAD = 128  # names of a model, a tool and a language are rarely longer together
_PLACE = np.dtype([("topic", ">u4"), ("partition", ">u4"), ("offset", ">u8")])
_HALVES = np.dtype([("first", ">u8"), ("second", ">u8")])


class Seal:
    """Seals and opens the column `sources` of the tables that have it sealed; leaves all others as they are.

    Args:
        key: the identity key of the data folder; any length that BLAKE2b takes (16 to 64 bytes).
        topics: the raw topics there are. A token of another topic cannot be opened.
    """

    def __init__(self, key: bytes, topics: Sequence[str] = (EVENTS,)) -> None:
        self._key = key
        self._topics = {_hash(topic): topic for topic in topics}
        self._hiding: dict[str, AESSIV] = {}

    def __repr__(self) -> str:
        return "Seal()"

    def close(self, rows: pa.Table, table: Table) -> pa.Table:
        """Rows with their coordinates sealed, in the columns of the table's files; nothing is withheld.

        Raises:
            SinkError: a coordinate of a topic that is none of ours.
        """
        place = rows.schema.get_field_index(_COLUMN)
        if not table.sealed or place < 0:
            return rows
        column = _one(rows.column(place))
        closed = rows.set_column(place, pa.field(_COLUMN, SEALED, nullable=False), self._close(column, table.name))
        return closed.add_column(place + 1, table.stored.field(HIDDEN), pa.nulls(rows.num_rows, pa.binary()))

    def open(self, rows: pa.Table, table: Table) -> pa.Table:
        """Rows with their coordinates as `schemas.tables.SOURCE`, each row's sorted.

        What this key does not open is left out: rows of a destroyed epoch have such tokens. With another folder's key
        that is everything, which the ledger says as missing.
        """
        place = rows.schema.get_field_index(_COLUMN)
        if not table.sealed or place < 0 or pa.types.is_struct(rows.schema.field(place).type.value_type):
            return rows
        column = _one(rows.column(place))
        return rows.set_column(
            place, pa.field(_COLUMN, pa.list_(SOURCE), nullable=False), self._open(column, table.name)
        )

    def hide(self, table: str, record_ids: Sequence[str], texts: Sequence[bytes | None]) -> list[bytes | None]:
        """A text of each row (AES-SIV, RFC 5297), padded: neither an equal text of another row nor its length shows."""
        encrypt, name = self._siv(table).encrypt, table.encode()
        padded = {text: text.ljust(-(-max(len(text), 1) // _PAD) * _PAD) for text in set(texts) if text is not None}
        return [
            None if text is None else encrypt(padded[text], [name, record_id.encode()])
            for record_id, text in zip(record_ids, texts, strict=True)
        ]

    def reveal(self, table: str, record_id: str, token: bytes) -> bytes | None:
        """The text again, with spaces at its end; None if it was hidden with another key, or for another row."""
        try:
            return self._siv(table).decrypt(token, [table.encode(), record_id.encode()])
        except (InvalidTag, ValueError):
            return None

    def _siv(self, table: str) -> AESSIV:
        if table not in self._hiding:
            own = hashlib.blake2b(table.encode(), key=self._key, digest_size=64, person=b"redline-hide").digest()
            self._hiding[table] = AESSIV(own)
        return self._hiding[table]

    def _close(self, column: pa.Array, table: str) -> pa.Array:
        values = pc.list_flatten(column)
        topics = pc.struct_field(values, "topic").dictionary_encode()
        names = topics.dictionary.to_pylist()
        if unknown := [name for name in names if _hash(name) not in self._topics]:
            raise SinkError(
                f"table {table}, column sources: needed coordinates of {', '.join(self._topics.values())}, came "
                f"{len(unknown)} other topics. This is a bug of the stage that wrote the rows: see `redline doctor`"
            )
        places = np.empty(len(values), _PLACE)
        places["topic"] = np.array([_hash(name) for name in names] or [0], np.uint32)[_ints(topics.indices)]
        places["partition"] = _ints(pc.struct_field(values, "partition"))
        places["offset"] = _ints(pc.struct_field(values, "offset"))
        tokens = np.frombuffer(self._cipher(table).encryptor().update(places.tobytes()), _HALVES)
        parents = _ints(pc.list_parent_indices(column))
        tokens = tokens[np.lexsort((tokens["second"], tokens["first"], parents))]
        fixed = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(_BYTES), len(tokens), [None, pa.py_buffer(tokens.tobytes())]
        )
        return _lists(parents, len(column), fixed.cast(pa.binary()))

    def _open(self, column: pa.Array, table: str) -> pa.Array:
        parents = _ints(pc.list_parent_indices(column))
        values = pc.list_flatten(column)
        whole = np.asarray(pc.equal(pc.binary_length(values), _BYTES).to_numpy(zero_copy_only=False), np.bool_)
        tokens = b"".join(values.filter(pa.array(whole)).to_pylist())
        places = np.frombuffer(self._cipher(table).decryptor().update(tokens), _PLACE)
        ours = np.isin(places["topic"], np.array(list(self._topics), np.uint32))
        places, parents = places[ours], parents[whole][ours]
        order = np.lexsort((places["offset"], places["partition"], places["topic"], parents))
        places, parents = places[order], parents[order]
        numbers = list(self._topics)
        which = np.searchsorted(np.sort(numbers), places["topic"])
        names = pa.array([self._topics[n] for n in sorted(numbers)], pa.string()).take(pa.array(which))
        opened = pa.StructArray.from_arrays(
            [
                names,
                pa.array(places["partition"].astype(np.int32)),
                pa.array(places["offset"].astype(np.int64)),
            ],
            fields=list(SOURCE),
        )
        return _lists(parents, len(column), opened)

    def _cipher(self, table: str) -> Cipher[Any]:
        own = hashlib.blake2b(table.encode(), key=self._key, digest_size=32, person=b"redline-seal").digest()
        # One block each, no two blocks of one message that could be compared: ECB's fault is not ours.
        return Cipher(AES(own), ECB())  # noqa: S305


def _hash(topic: str) -> int:
    return int.from_bytes(hashlib.blake2b(topic.encode(), digest_size=4).digest(), "big")


def _one(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        combined = combined.chunk(0) if combined.num_chunks else pa.array([], combined.type)
    return combined


def _lists(parents: Any, rows: int, values: pa.Array) -> pa.Array:
    ends = np.cumsum(np.bincount(parents, minlength=rows)) if rows else np.empty(0, np.int64)
    offsets = pa.array(np.concatenate([[0], ends]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, values)


def _ints(array: Any) -> Any:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.int64)
