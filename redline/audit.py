"""The audit table of a data folder: who ran what, when. Entries hold counts and names of settings, never content."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import pwd
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from quality import report
from redline.keys import keys_of
from schemas.errors import AuditError
from sinks import audit_check, audit_table
from sinks.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redline.settings import Settings
    from sinks.audit_chain import Entry

log = logging.getLogger("redline.audit")

Detail = bool | int | float | str | list[str] | list[int]

_ACTION = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)*")
_NAME = re.compile(r"[a-z][a-z0-9_.]*")
# Names of tables, settings, files, versions, days, hashes. Nothing that could be a sentence or an address of a person.
_WORD = re.compile(r"[\w.:/+=,-]{0,200}", re.ASCII)
_WHO_MOST = 100


def record(settings: Settings, action: str, details: Mapping[str, Detail]) -> Entry:
    """Write one entry, durable when this returns. What cannot be undone is recorded before it is done.

    Args:
        settings: of the data folder.
        action: what is done, lower case with dots: `consent.withdraw`, `keys.destroy`.
        details: counts, names of settings and tables, versions, days, hashes. Words only: no spaces, no `@`.

    Raises:
        AuditError: a detail could be content or a person: a fault of the caller, nothing was written.
        SettingsError: the key file is missing or open to others.
        SinkError: the table cannot be read or written.
        OSError: the disk is full or refuses.
    """
    if not _ACTION.fullmatch(action):
        raise AuditError("audit: needed an action of lower-case words and dots")
    for name, value in details.items():
        if not _NAME.fullmatch(name):
            raise AuditError(f"audit: {action}: needed names of lower-case letters for details")
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str) and not _WORD.fullmatch(part):
                raise AuditError(f"audit: {action}: needed a word for {name}, came text")
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return audit_table.append(
        settings.data_dir,
        _key(settings),
        now_us=time.time_ns() // 1000,
        who=_who(settings),
        action=action,
        details=json.dumps(details, sort_keys=True),
        on_trouble=lambda: log.warning("the audit table does not end where its head says; run `redline audit verify`"),
    )


def listing(settings: Settings, *, last: int = 0, action: str = "") -> str:
    """The entries as lines, oldest first: the `last` ones (0: all), of actions that begin so.

    Raises:
        SinkError: an entry cannot be read.
    """
    found = [entry for entry in audit_table.entries(settings.data_dir) if entry.action.startswith(action)]
    rows = [(f"{e.seq}", _time(e.at_us), e.who, e.action, _shown(e.details)) for e in found[-last:]]
    return report.table(("entry", "when (UTC)", "who", "what", "details"), rows) if rows else "nothing is recorded"


def verify(settings: Settings, *, known: Sequence[str] = ()) -> tuple[str, bool]:
    """What is wrong with the table, and whether nothing is. `known`: `NUMBER:HASH` noted earlier, which must be in it.

    Raises:
        AuditError: one of `known` is not of that form.
        SettingsError: the key file is missing or open to others.
    """
    wanted = [_parsed(text) for text in known]
    layout = Layout(settings.data_dir)
    if not wanted and not layout.audit.exists() and not layout.audit_head.exists():
        return "audit: nothing is recorded", True  # and no key is made for it
    entries, faults = audit_check.verify(settings.data_dir, _key(settings))
    there = {(entry.seq, entry.hash) for entry in entries}
    faults += [(f"entry {seq}", "is not the one that was noted") for seq, noted in wanted if (seq, noted) not in there]
    if faults:
        return report.table(("where", "what is wrong"), faults) + f"\n\naudit: {len(faults)} faults", False
    if not entries:
        return "audit: nothing is recorded", True  # a kill came before the first entry landed
    last = entries[-1]
    said = (
        f"audit: {len(entries):,} entries, whole and in order, {_time(entries[0].at_us)} to {_time(last.at_us)}\n"
        f"head: {last.seq}:{last.hash}\n"
        "Note the head where whoever can write this folder cannot: `redline audit verify --head` checks against it"
    )
    return said, True


def _parsed(text: str) -> tuple[int, str]:
    match = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip())
    if match is None:
        raise AuditError("audit: needed NUMBER:HASH as `redline audit verify` prints it")
    return int(match[1]), match[2]


def _key(settings: Settings) -> bytes:
    return hmac.new(keys_of(settings).identity, b"redline.audit", hashlib.sha256).digest()


def _who(settings: Settings) -> str:
    """The OS user, whatever name is given besides: a given name is a claim."""
    number = os.getuid()
    try:
        user = pwd.getpwuid(number).pw_name
    except KeyError:
        user = f"uid {number}"  # a container without a password file
    given = " ".join(settings.audit.who.split())[:_WHO_MOST]
    return f"{user} as {given}" if given else user


def _time(at_us: int) -> str:
    try:
        return datetime.fromtimestamp(at_us / 1_000_000, UTC).isoformat(sep=" ", timespec="seconds")[:19]
    except (OverflowError, ValueError, OSError):
        return "no time"


def _shown(details: str) -> str:
    try:
        tree = json.loads(details)
        return " ".join(f"{name}={json.dumps(value)}" for name, value in tree.items())
    except (ValueError, AttributeError):
        return "(no JSON object)"
