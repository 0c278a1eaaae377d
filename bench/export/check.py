"""Who is in which split of an export, from the restricted tables: nothing of how it was decided is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from redline.erasure import exports
from redline.sql import connection
from streams.keyed import derived_id

if TYPE_CHECKING:
    from redline.export.manifest import Manifest
    from redline.settings import Settings

_KINDS = ("session", "document", "person")
_NONE = -1


def in_two_splits(settings: Settings, manifest: Manifest, name: str) -> dict[str, int]:
    """How many sessions, documents and people have rows in more than one split; `rows` is how many were looked at."""
    splits = list(manifest.counts.splits)
    halves, split = [], []
    for file in manifest.files:
        ids = (settings.state / exports.FOLDER / f"{name}.{file.name}.ids").read_bytes()
        rows = np.frombuffer(ids, np.uint8).reshape(-1, 33)[:, :16].tobytes()
        halves.append(np.frombuffer(bytes.fromhex(rows.decode()), ">u8").astype(np.uint64))
        split.append(np.full(len(halves[-1]), splits.index(file.split), np.int8))
    keys, of = np.concatenate(halves), np.concatenate(split)
    order = np.argsort(keys, kind="stable")
    keys, of = keys[order], of[order]
    seen: dict[str, list[Any]] = {kind: [] for kind in (*_KINDS, "split")}
    with connection(settings.data_dir, ("interactions", "subjects")) as live:
        # Both tables hold the events in the same order of files, and DuckDB may join them as it likes.
        found = live.sql(
            "select i.interaction_key as key, hash(i.session_key) as session, hash(i.document_key) as document, "
            "i.document_key is null as alone, hash(s.pseudonym) as person from interactions i "
            "join subjects s using (record_id) where i.event_type = 'redline.suggestion.v1'"
        ).to_arrow_reader(1 << 18)
        for batch in found:
            derived = "".join([derived_id("pair", key.encode())[:16] for key in batch.column("key").to_pylist()])
            wanted = np.frombuffer(bytes.fromhex(derived), ">u8").astype(np.uint64)
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            there = keys[place] == wanted
            seen["split"].append(of[place][there])
            for kind in _KINDS:
                column = batch.column(kind).to_numpy().astype(np.uint64)
                if kind == "document":
                    column = np.where(batch.column("alone").to_numpy(zero_copy_only=False), np.uint64(0), column)
                seen[kind].append(column[there])
    every = np.concatenate(seen["split"])
    return {kind: _mixed(np.concatenate(seen[kind]), every) for kind in _KINDS} | {"rows": len(every)}


def _mixed(groups: np.ndarray, splits: np.ndarray) -> int:
    held = groups != 0
    pairs = np.unique(np.stack([groups[held], splits[held].astype(np.uint64)], axis=1), axis=0)
    return int((np.unique(pairs[:, 0], return_counts=True)[1] > 1).sum())
