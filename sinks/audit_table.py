"""The audit table: one entry is one file and one Delta commit at exactly the next version.

1. The lock: one writer at a time over a data folder.
2. The head says which entry is landing.
3. The file, forced to the disk.
4. The commit.
5. The head says that it landed.

A kill at any point leaves a table that ends with the head's entry or with the one that was landing; the next writer
goes on from what is there. If it finds anything else it first writes an entry that says so, and never mends.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from dataclasses import asdict, astuple, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import SinkError
from schemas.tables import AUDIT, PURPOSE_KEY
from sinks import delta_table, log
from sinks.audit_chain import GENESIS, TROUBLE, Entry, Head, digest_of
from sinks.delta import ConflictError, TableLog
from sinks.layout import Layout
from sinks.locks import exclusive
from sinks.parquet import COMPRESSION, DataFile, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_DIGITS = 12  # of an entry's number in its file's name: the order of names is the order of entries
_ATTEMPTS = 5  # under the lock only someone else's writer can come first
_OURS = re.compile(rf"\d{{{_DIGITS}}}-[0-9a-f]{{12}}\.parquet")
# What a file that is gone, torn or not ours raises when it is read.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, pa.ArrowException)


def append(
    data_dir: Path,
    key: bytes,
    *,
    now_us: int,
    who: str,
    action: str,
    details: str,
    on_trouble: Callable[[], None] = lambda: None,
    crash: Callable[[int], None] = lambda _step: None,
) -> Entry:
    """Write one entry durably; returns it.

    `on_trouble` is called if an entry about trouble had to be written first; `crash` is told each step that is done.

    Raises:
        SinkError: the table cannot be read, or another writer that is not ours keeps coming first.
        OSError: the disk is full or refuses.
    """
    layout = Layout(data_dir)
    with exclusive(layout.audit_head.with_suffix(".lock")):
        crash(1)
        table = _opened(layout.audit)
        seq, previous, since, trouble = _end(layout, table, key)
        if trouble:
            entry = Entry(seq, now_us, who, TROUBLE, json.dumps(trouble), "", previous)
            last = _land(layout, table, key, entry, since, announce=False)
            seq, previous, since = last.seq + 1, last.hash, table.version
            on_trouble()
        entry = Entry(seq, now_us, who, action, details, "", previous)
        return _land(layout, table, key, entry, since, crash=crash)


def entries(data_dir: Path) -> list[Entry]:
    """Every entry, as the table has them, oldest first.

    Raises:
        SinkError: a file or the log cannot be read; `redline audit verify` tells which.
    """
    root = Layout(data_dir).audit
    try:
        return sorted((read_entry(root / path) for path in delta_table.live_files(root)), key=lambda entry: entry.seq)
    except Exception as error:  # noqa: BLE001 - a forged log makes the library raise anything
        kind = type(error).__name__
    raise SinkError(f"{root}: needed readable entries, came {kind}; run `redline audit verify`")


def head(data_dir: Path, key: bytes) -> Head | None:
    """The head, or None if there is none or it was not written with this key."""
    try:
        body = Layout(data_dir).audit_head.read_bytes()
        tree = json.loads(body)
        del tree["mac"]
        found = Head(**tree)
        return found if hmac.compare_digest(body, _body(found, key)) else None
    except UNREADABLE:
        return None


def _opened(root: Path) -> TableLog:
    kind = ""
    try:
        return TableLog(root, AUDIT)
    except SinkError:
        kind = "another table, or a torn log"
    except Exception as error:  # a forged log makes the library raise anything
        if isinstance(error, OSError):
            raise
        kind = type(error).__name__
    raise SinkError(
        f"{root}: needed the audit table, came {kind}; run `redline audit verify`. To go on, move it away with "
        f"`mv {root} {root}.broken`: the gap stays on record"
    )


def _end(layout: Layout, table: TableLog, key: bytes) -> tuple[int, str, int, dict[str, Any]]:
    """Number and predecessor of the next entry, the version of the last one, and what is wrong, if anything is."""
    files = sorted(path for path in table.live() if _OURS.fullmatch(path))
    end = head(layout.data_dir, key)
    last = _last(layout.audit, files[-1]) if files else None
    since = _version_of(layout.audit, files[-1], table.version) if files else 0
    if last is None and (end.seq < 0 if end is not None else not layout.audit_head.exists()):
        return 0, GENESIS, since, {}
    if last is not None and end is not None and end.follows(last.seq, last.hash):
        newer = (last.seq, last.hash) != (end.seq, end.hash)
        # The next entry ties in the log as it is: it must be what it was, or a change of its end would be covered up.
        if newer or digest_of(_bodies(layout.audit, since, table.version)) == end.log:
            return last.seq + 1, last.hash, since, {}
    trouble = {"table": last.seq if last else -1, "head": end.seq if end else -1, "head_fits": end is not None}
    if end is not None and (last is None or end.seq >= last.seq):
        return end.seq + 1 + bool(end.landing), end.hash, since, trouble
    return (last.seq + 1, last.hash, since, trouble) if last is not None else (0, GENESIS, since, trouble)


def _land(
    layout: Layout,
    table: TableLog,
    key: bytes,
    entry: Entry,
    since: int,
    *,
    announce: bool = True,
    crash: Callable[[int], None] = lambda _step: None,
) -> Entry:
    """Steps 2 to 5. Trouble is not announced: a head that fits again, without it in the table, would hide it."""
    root = layout.audit
    for _ in range(_ATTEMPTS):
        digest = digest_of(_bodies(root, since, table.version))
        whole = replace(entry, log=digest).sealed(key)
        if announce:
            _write_head(layout, Head(whole.seq - 1, whole.previous, since, digest, landing=whole.hash), key)
        crash(2)
        file = _write(root, whole, table.live().keys())
        crash(3)
        try:
            version = table.commit(adds=[file], removes={}, offsets={}, note={"sha256": sha256(root / file.path)})
        except ConflictError:
            (root / file.path).unlink()
            continue
        crash(4)
        table.sync(version)
        _write_head(layout, Head(whole.seq, whole.hash, version, digest_of(_bodies(root, version, version))), key)
        crash(5)
        return whole
    raise SinkError(f"{root}: needed a commit, came {_ATTEMPTS} of other writers in a row")


def _bodies(root: Path, first: int, last: int) -> list[bytes]:
    """Entries of the Delta log as they are on the disk; those that are gone are left out, as `verify` will say."""
    paths = (log.entry(root, version) for version in range(first, last + 1))
    return [path.read_bytes() for path in paths if path.exists()]


def _version_of(root: Path, path: str, newest: int) -> int:
    """The version that added a file."""
    for version in range(newest, -1, -1):
        found = log.commits(root, version - 1, version)
        if found and path in found[0].adds:
            return version
    return 0


def _last(root: Path, path: str) -> Entry:
    """The entry of the last file; where that cannot be read, one that nothing follows."""
    try:
        return read_entry(root / path)
    except UNREADABLE:
        return Entry(int(path[:_DIGITS]), 0, "", "", "", "", "")


def read_entry(path: Path) -> Entry:
    """The one entry of a file. Raises one of UNREADABLE."""
    rows = pq.ParquetFile(path).read()
    if not rows.schema.equals(AUDIT.schema) or rows.num_rows != 1:
        raise ValueError("one entry")
    [row] = rows.set_column(1, "at", rows.column("at").cast(pa.int64())).to_pylist()
    entry = Entry(row.pop("seq"), row.pop("at"), **row)
    if any(value is None for value in astuple(entry)):
        raise ValueError("no nulls")
    return entry


def sha256(path: Path) -> str:
    """Digest of a file, as its commit notes it: so the log, and with it the chain, covers every byte."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(root: Path, entry: Entry, live: Iterable[str]) -> DataFile:
    """The entry's file, durable. What a killed writer left for this number goes."""
    stem = f"{entry.seq:0{_DIGITS}}-"
    for left in root.glob(f"{stem}*.parquet"):
        if left.name not in live:
            left.unlink()
    values = [entry.seq, entry.at_us, *astuple(entry)[2:]]
    schema = AUDIT.schema.with_metadata({PURPOSE_KEY: AUDIT.purpose})
    row = pa.table([pa.array([v], f.type) for v, f in zip(values, schema, strict=True)], schema=schema)
    path = root / f"{stem}{entry.hash[:12]}.parquet"
    with path.open("wb") as file:
        pq.write_table(row, file, **COMPRESSION)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    sync_folder(root)
    return DataFile(path.name, size, 1, {})


def _write_head(layout: Layout, end: Head, key: bytes) -> None:
    path = layout.audit_head
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(_body(end, key))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    sync_folder(path.parent)


def _body(end: Head, key: bytes) -> bytes:
    return json.dumps(asdict(end) | {"mac": end.mac(key)}, separators=(",", ":")).encode()
