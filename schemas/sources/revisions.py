"""A directory of document revisions: one folder per document, one file per revision, to edits nobody proposed. Pure.

The order is that of the names, numbers by value: `2.md` comes before `10.md`. The first revision has no text before it
and says nothing of an edit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from schemas.sources.reading import Fault, Reading
from schemas.sources.scene import Scene, content_id

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE: Final = "revisions"
MAX_FILE_BYTES: Final = 256 << 10  # an event holds two of them and has at most 1 MiB; JSON may double a text
_NUMBER = re.compile(r"(\d+)", re.ASCII)


def in_order(names: Sequence[str]) -> list[str]:
    """Names of revisions, oldest first."""

    def key(name: str) -> list[tuple[int, str]]:
        return [(int(part), "") if at % 2 else (0, part) for at, part in enumerate(_NUMBER.split(name))]

    return sorted(names, key=lambda name: (key(name), name))


def read_revision(
    document: str, revision: str, before: bytes, after: bytes, *, written_us: int, subject: str | None = None
) -> Reading:
    """The edit that made one revision of the one before it.

    Args:
        document: name of the document in the directory.
        revision: name of the newer one.
        before: the older one's bytes.
        after: the newer one's.
        written_us: when the newer one was written, microseconds since 1970 UTC.
        subject: the person.
    """
    if max(len(before), len(after)) > MAX_FILE_BYTES:
        return Reading(faults=[Fault("too_large", "$", f"at most {MAX_FILE_BYTES} bytes per revision")])
    try:
        old, new = before.decode("utf-8-sig"), after.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Reading(faults=[Fault("invalid_utf8", "$", "UTF-8 text")])
    reading = Reading()
    if "\0" in old or "\0" in new:
        reading.skipped["binary"] += 1
    elif old == new:
        reading.skipped["unchanged"] += 1
    else:
        scene = Scene(SOURCE, subject, f"revisions/{document}", "doc", "revisions", written_us)
        mark = content_id(document, revision)
        reading.events.append(scene.revision(document, revision, before=old, after=new, mark=mark))
    return reading
