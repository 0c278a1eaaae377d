"""The `redline` command: the group with every command on it."""

from redline.commands import (
    alerts,
    audit,
    capture,
    consent,
    directory,
    erase,
    gateway,
    ingest,
    jobs,
    keys,
    look,
    parts,
    people,
    quality,
    schema,
    sources,
)
from redline.commands.root import main

__all__ = [
    "alerts",
    "audit",
    "capture",
    "consent",
    "directory",
    "erase",
    "gateway",
    "ingest",
    "jobs",
    "keys",
    "look",
    "main",
    "parts",
    "people",
    "quality",
    "schema",
    "sources",
]
