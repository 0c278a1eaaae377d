"""Which rows a table holds, by `record_id`: a cache of the table on local disk, rebuilt from the table's own files.

The version it covers is written in the same RocksDB batch as the entries, so a crash leaves it behind, never wrong:
`catch_up` reads what it lacks, including what other sinks committed. An entry names the data file of its row; an entry
whose file is no longer live is no entry, so removals need no search.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import struct
from typing import TYPE_CHECKING, Any

from rocksdict import BlockBasedOptions, Options, Rdict, WriteBatch

from sinks.dedupe import Identity, Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sinks.delta import TableLog
    from sinks.parquet import Files

# revision, number of the data file, digest of the sources
_ENTRY = struct.Struct(">iI8s")
_META = b"m"
_ROW, _FILE = b"r", b"f"


class Index:
    """One sink's index of one table. Not shared: RocksDB locks its folder.

    Raises:
        OSError: the folder cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._table_id = ""
        self._version = -1
        self._next_number = 0
        self._open()

    @property
    def version(self) -> int:
        """Version of the table that is covered, -1 for none."""
        return self._version

    def close(self) -> None:
        """Release the folder; a second time is fine. What a full disk keeps from being flushed is read again."""
        with contextlib.suppress(Exception):  # RocksDB raises bare exceptions, and the folder is free all the same
            self._db.close()

    def catch_up(self, table: TableLog, files: Files) -> int:
        """Cover the version that `table` has read; returns how many rows were read for it.

        Raises:
            FileNotFoundError: another sink has replaced a file meanwhile: refresh the table and call again.
            OSError: the folder cannot be written.
        """
        if self._table_id != table.table_id or self._version > table.version:
            self._reset()
        if self._version == table.version:
            return 0
        changes = table.changes(self._version) if self._version >= 0 else None
        if changes is None:
            live, covered = table.live().keys(), self._numbers.keys()
            changes = set(live - covered), set(covered - live)
        added, removed = changes
        rows = 0
        # File by file, so that a rebuild of a large table does not hold it in memory; the version comes last.
        for path in sorted(added):
            identities = files.identities(path)
            rows += len(identities)
            self._write({path: identities}, (), table.table_id, self._version)
        self._write({}, removed, table.table_id, table.version)
        return rows

    def apply(
        self, version: int, table_id: str, adds: Mapping[str, Sequence[Identity]], removes: Iterable[str]
    ) -> None:
        """Take over a commit of our own without reading it back, if it follows what is covered. Raises OSError."""
        if version == self._version + 1 and table_id == self._table_id:
            self._write(adds, removes, table_id, version)

    def known(self, record_ids: Sequence[str]) -> dict[str, Known]:
        """What the covered version holds of these ids. Raises OSError."""
        if not self._numbers or not record_ids:
            return {}
        found = _guard(lambda: self._db[[_ROW + record_id.encode() for record_id in record_ids]])
        result = {}
        for record_id, value in zip(record_ids, found, strict=True):
            if value is not None:
                revision, number, digest = _ENTRY.unpack(value)
                if (path := self._paths.get(number)) is not None:
                    result[record_id] = Known(revision, digest, path)
        return result

    def _write(
        self, adds: Mapping[str, Sequence[Identity]], removes: Iterable[str], table_id: str, version: int
    ) -> None:
        batch = WriteBatch(raw_mode=True)
        numbers: dict[str, int] = {}
        for path, identities in adds.items():
            known = self._numbers.get(path)
            number = self._next_number + len(numbers) if known is None else known
            if known is None:
                numbers[path] = number
                batch.put(_FILE + number.to_bytes(4, "big"), path.encode())
            for identity in identities:
                entry = _ENTRY.pack(identity.revision, number, identity.digest)
                batch.put(_ROW + identity.record_id.encode(), entry)
        gone = {path: self._numbers[path] for path in removes if path in self._numbers}
        for number in gone.values():
            batch.delete(_FILE + number.to_bytes(4, "big"))
        following = self._next_number + len(numbers)
        batch.put(_META, json.dumps([table_id, version, following]).encode())
        _guard(lambda: self._db.write(batch))
        for path in gone:
            del self._paths[self._numbers.pop(path)]
        self._numbers.update(numbers)
        self._paths.update({number: path for path, number in numbers.items()})
        self._table_id, self._version, self._next_number = table_id, version, following

    def _open(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        blocks = BlockBasedOptions()
        blocks.set_bloom_filter(10, False)  # about 1 % of new ids are looked up in vain
        options.set_block_based_table_factory(blocks)
        self._db: Any = _guard(lambda: Rdict(str(self._path), options))
        meta = _guard(lambda: self._db.get(_META))
        self._table_id, self._version, self._next_number = json.loads(meta) if meta else ("", -1, 0)
        self._numbers: dict[str, int] = {}
        self._paths: dict[int, str] = {}
        for key, value in self._db.items(from_key=_FILE):
            if not key.startswith(_FILE):
                break
            number = int.from_bytes(key[1:], "big")
            self._paths[number] = value.decode()
            self._numbers[value.decode()] = number

    def _reset(self) -> None:
        """Another table in this folder, or one that was restored to an earlier version: start over."""
        self.close()
        shutil.rmtree(self._path)
        self._open()


def _guard(call: Any) -> Any:
    """RocksDB's errors are bare `Exception`s; most are the disk's."""
    failure = ""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the library raises nothing more precise
        failure = type(error).__name__
    raise OSError(f"index: needed RocksDB to answer, came {failure}; delete the folder and it is rebuilt")
