"""Tables in an object store: their pinned files are copied into the work folder, so that one version stays readable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from redline.export.files import write_whole
from redline.export.scan import gone
from sinks import store
from sinks.places import is_remote, remote

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.export.plan import Plan


def at_hand(plan: Plan, folder: Path, on_files: Callable[[int], None]) -> Plan:
    """The plan with files of this machine only; those of a store are copied once.

    Raises:
        SinkError: a file is no longer in the store.
        OSError: the disk is full, or the store does not answer. Run it again.
    """
    files = []
    for number, pinned in enumerate(plan.files):
        here = pinned.path
        if is_remote(here):
            copy = folder / "tables" / f"{number:06}.parquet"
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                _copy(pinned.path, copy, plan.table)
            here = str(copy)
        files.append(msgspec.structs.replace(pinned, path=here))
        on_files(1)
    return msgspec.structs.replace(plan, files=tuple(files))


def is_there(path: str) -> bool:
    """True if a pinned file still is where it was. Raises OSError: the store does not answer."""
    return store.size(remote(path)) is not None if is_remote(path) else Path(path).exists()


def _copy(path: str, to: Path, table: str) -> None:
    missing = False
    try:
        write_whole(to, store.read(remote(path)))
    except FileNotFoundError:
        missing = True
    if missing:
        raise gone(table)
