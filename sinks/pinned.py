"""A table of the local disk copied as of one version, while sinks go on.

Data files never change, so a copy of those that one version names, and of the log up to it, is that version. A file
that a sink replaces before it is copied is no matter: the copy begins again with a newer version.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING

from schemas.errors import SinkError
from sinks import delta_table, log

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = re.compile(r"(\d{20})\.(?:json|checkpoint\.parquet)")
_POINTER = "_last_checkpoint"
_ATTEMPTS = 20


def copy_table(root: Path, to: Path) -> int:
    """Copy the table at `root` into the new folder `to`; returns its version, -1 if there is no table.

    Raises:
        SinkError: files kept being replaced before they were copied.
        OSError: the disk is full or refuses.
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


def _log(root: Path, to: Path, version: int) -> None:
    pointer = log.folder(root) / _POINTER
    if pointer.exists() and int(json.loads(pointer.read_bytes())["version"]) > version:
        raise FileNotFoundError(pointer)  # a checkpoint has come since: begin again
    for path in sorted(log.folder(root).iterdir()):
        named = _VERSION.fullmatch(path.name)
        if path.name == _POINTER or (named is not None and int(named[1]) <= version):
            _file(path, log.folder(to) / path.name)


def _file(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as source, to.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        target.flush()
        os.fsync(target.fileno())
