"""Which epochs a data folder has seen: a key file that is older than its tables, or of another folder, is found out.

`state/key-epochs.json` holds numbers, starts and fingerprints (keyed hashes of a constant): nothing to scrub or to link
with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from redline import private_file
from schemas.errors import SettingsError
from sinks import store
from streams.identity import keyed_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow.parquet as pq

    from sinks.places import Place
    from streams.epochs import KeyRing

NAME = "key-epochs.json"
_LOOKED_AT = 20  # newest files of the tables: the newest epoch is in them, and a start must not read every footer


class _Epoch(msgspec.Struct):
    number: int
    starts_us: int
    fingerprint: str
    destroyed: bool = False


class _Known(msgspec.Struct):
    identity: str
    epochs: list[_Epoch]


def check(state: Path, dataset: Place, ring: KeyRing, where: str) -> None:
    """Refuse a ring that does not fit what this folder has seen; remember one that does.

    Raises:
        SettingsError: an epoch is missing, is another one, or was destroyed and is back; or the key of ids is another.
    """
    path = state / NAME
    seen = _read(path)
    now = _Known(_fingerprint(ring.identity), [])
    if seen is not None and seen.identity != now.identity:
        _refuse(where, "the key of ids that the tables were made with", "another one")
    there = {epoch.number: epoch for epoch in ring.epochs}
    for old in [] if seen is None else seen.epochs:
        epoch = there.get(old.number)
        if epoch is None:
            _refuse(where, f"epoch {old.number}, which was in use", "a ring without it")
        elif epoch.starts_us != old.starts_us:
            _refuse(where, f"the start of epoch {old.number} as it was", "another one")
        elif epoch.surrogate is not None:
            if old.destroyed:
                _refuse(where, f"no key of epoch {old.number}, which was destroyed", "a copy that still has it")
            if _fingerprint(epoch.surrogate) != old.fingerprint:
                _refuse(where, f"the key of epoch {old.number} as it was", "another one")
    before = {one.number: one.fingerprint for one in ([] if seen is None else seen.epochs)}
    for epoch in ring.epochs:
        own = before.get(epoch.number, "") if epoch.surrogate is None else _fingerprint(epoch.surrogate)
        now.epochs.append(_Epoch(epoch.number, epoch.starts_us, own, epoch.destroyed))
    newest = max(_written(dataset), default=0)
    if newest > ring.epochs[-1].number:
        _refuse(where, f"epoch {newest}, which rows of the tables name", "a ring without it")
    if now != seen:
        _write(path, now)


def _refuse(where: str, needed: str, came: str) -> None:
    raise SettingsError(
        f"{where}: needed {needed}, came {came}: an older copy, or that of another folder. Put the last one back;"
        " with other keys the rows of one person and one event would fall apart."
    )


def _fingerprint(key: bytes) -> str:
    return keyed_id(key, "fingerprint")


def _written(dataset: Place) -> Iterator[int]:
    """The largest epoch of each of the newest files of `interactions`, from their footers."""
    for path in store.newest(dataset / "interactions", _LOOKED_AT):
        try:
            with store.parquet(path) as file:
                place = file.schema_arrow.get_field_index("key_epoch")
                for group in range(file.metadata.num_row_groups) if place >= 0 else ():
                    column = _column(file.metadata.row_group(group), "key_epoch")
                    if column is not None and column.statistics is not None and column.statistics.has_min_max:
                        yield int(column.statistics.max)
        except (OSError, ValueError):  # replaced meanwhile, or not whole: `redline doctor` looks after that
            continue


def _column(group: pq.RowGroupMetaData, name: str) -> pq.ColumnChunkMetaData | None:
    """Columns of a footer are leaves, in other places than the schema's fields."""
    every = (group.column(place) for place in range(group.num_columns))
    return next((column for column in every if column.path_in_schema == name), None)


def _read(path: Path) -> _Known | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Known)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        raise SettingsError(
            f"{path}: needed what Redline wrote there, came something else; put it back from your backup"
        ) from None


def _write(path: Path, known: _Known) -> None:
    private_file.write(path, msgspec.json.encode(known))
