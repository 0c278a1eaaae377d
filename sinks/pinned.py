"""A table copied as of one version to this disk, while sinks go on; and such a copy put into an object store.

Data files never change, so a copy of those that one version names, and of the log up to it, is that version. A file
that a sink replaces before it is copied is no matter: the copy begins again with a newer version.
"""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

from schemas.errors import SinkError
from sinks import bucket, delta_table, log, store

if TYPE_CHECKING:
    from pathlib import Path

    from sinks.places import Place, Remote

_VERSION = re.compile(r"(\d{20})\.(?:json|checkpoint\.parquet)")
_POINTER = "_last_checkpoint"
_ATTEMPTS = 20


def copy_table(root: Place, to: Path) -> int:
    """Copy the table at `root` into the new folder `to`; returns its version, -1 if there is no table.

    Raises:
        SinkError: files kept being replaced before they were copied.
        OSError: the disk is full or refuses, or a store does not answer.
    """
    for _ in range(_ATTEMPTS):
        version, facts = delta_table.facts(root)
        if version < 0:
            return -1
        try:
            _log(root, to, version)
            for fact in facts:
                _file(root / fact.path, to / fact.path)
        except FileNotFoundError:
            shutil.rmtree(to, ignore_errors=True)
            continue
        if delta_table.facts(to)[0] != version:
            raise SinkError(f"{to}: needed version {version} of {root}, came another; run it again")
        return version
    raise SinkError(f"{root}: needed a version whose files stay for a while, came {_ATTEMPTS} that did not; run again")


def put_table(copy: Path, root: Remote) -> None:
    """Put a copy's files into a store where nobody writes; what is there of an earlier try stays.

    The log comes last, in order: what a reader sees meanwhile is nothing, or an earlier version.

    Raises:
        SinkError: the store has another version than the copy afterwards.
        OSError: the store does not answer. Run it again.
    """
    entries = log.folder(copy)
    data = [path for path in copy.rglob("*") if path.is_file() and entries not in path.parents]
    for path in [*sorted(data), *sorted(entries.iterdir())]:
        to = root / path.relative_to(copy).as_posix()
        if store.size(to) != path.stat().st_size:
            bucket.put(path, to)
    wanted, found = (delta_table.facts(place)[0] for place in (copy, root))
    if wanted != found:
        raise SinkError(f"{root}: needed version {wanted} after the upload, came {found}; somebody else writes there")


def _log(root: Place, to: Path, version: int) -> None:
    names = store.names(log.folder(root))
    if _POINTER in names and int(json.loads(store.read(log.folder(root) / _POINTER))["version"]) > version:
        raise FileNotFoundError(_POINTER)  # a checkpoint has come since: begin again
    for name in sorted(names):
        named = _VERSION.fullmatch(name)
        if name == _POINTER or (named is not None and int(named[1]) <= version):
            _file(log.folder(root) / name, log.folder(to) / name)


def _file(place: Place, to: Path) -> None:
    store.copy(place, to)
