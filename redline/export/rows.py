"""The rows that passed the filters, as arrays in the order of the export: no text, and no object per row.

A row's order key is its identity from here on. Of two rows with one key (of ten million, one chance in 370,000 that
there are such) the one with the greater id is left out and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from schemas.errors import SinkError
from sinks.parquet import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_ID = 16  # bytes
_BY_PLACE, _BY_FILE = "by_place.npy", "by_file.npy"


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of the same length, ordered by `keys`, which are all different.

    `ids` are record ids, two big-endian halves each. `file` and `place` say where a row stands: the number of the
    pinned file, and of the row in it. `kind` numbers the value of the column that is balanced. `split` is -1 where a
    row was cut, `session` -1 where there is none; `person` is not here: who is counted, and forgotten.
    """

    keys: npt.NDArray[np.uint64]
    ids: npt.NDArray[Any]
    file: npt.NDArray[np.int32]
    place: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.int32]
    split: npt.NDArray[np.int8]
    session: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)

    def with_groups(self, split: npt.NDArray[np.int8], session: npt.NDArray[np.int64]) -> Rows:
        """The same rows, now that it is known what belongs together."""
        return replace(self, split=split, session=session)

    def save(self, folder: Path) -> None:
        """Write the arrays below a folder. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        for one in fields(self):
            np.save(folder / f"{one.name}.npy", getattr(self, one.name), allow_pickle=False)
        order = np.lexsort((self.place, self.file))
        order = order[self.split[order] >= 0]
        np.save(folder / _BY_PLACE, order.astype(np.uint32), allow_pickle=False)
        most = int(self.file.max()) + 1 if len(self) else 0
        np.save(folder / _BY_FILE, np.searchsorted(self.file[order], np.arange(most + 1)), allow_pickle=False)
        sync_folder(folder)


def load_places(folder: Path) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The rows that were not cut, by file and place, and where each file begins among them. Raises OSError."""
    return np.load(folder / _BY_PLACE, mmap_mode="r"), np.load(folder / _BY_FILE)


def load(folder: Path) -> Rows:
    """What `save` wrote, read when it is asked for (memory maps). Raises OSError."""
    return Rows(
        **{one.name: np.load(folder / f"{one.name}.npy", mmap_mode="r", allow_pickle=False) for one in fields(Rows)}
    )


def packed(record_ids: Iterable[str], table: str) -> npt.NDArray[Any]:
    """Record ids as two numbers each.

    Raises:
        SinkError: an id that is not 32 hex digits.
    """
    texts = list(record_ids)
    try:
        raw = bytes.fromhex("".join(texts))
    except ValueError:
        raw = b""
    if len(raw) != _ID * len(texts) or any(len(text) != 2 * _ID for text in texts):
        raise SinkError(f"table {table}: needed record ids of 32 hex digits, came others; run `redline check`")
    return np.frombuffer(raw, ">u8").reshape(-1, 2)


def unpacked(ids: npt.NDArray[Any]) -> list[str]:
    """Record ids as texts."""
    raw = np.ascontiguousarray(ids, ">u8").tobytes().hex()
    return [raw[start : start + 2 * _ID] for start in range(0, len(raw), 2 * _ID)]


def ordered(
    keys: npt.NDArray[np.uint64],
    ids: npt.NDArray[Any],
    file: npt.NDArray[np.int32],
    place: npt.NDArray[np.uint32],
    kind: npt.NDArray[np.int32],
) -> tuple[Rows, int]:
    """The rows in their order, and how many were left out because another one has their key."""
    places = np.argsort(keys, kind="stable")
    same = np.flatnonzero(np.diff(keys[places]) == 0)
    if len(same):
        places = np.lexsort((ids[:, 1], ids[:, 0], keys))
        same = np.flatnonzero(np.diff(keys[places]) == 0)
        places = np.delete(places, same + 1)
    none = np.full(len(places), -1)
    return (
        Rows(
            keys[places],
            ids[places],
            file[places],
            place[places],
            kind[places],
            none.astype(np.int8),
            none.astype(np.int64),
        ),
        len(same),
    )
