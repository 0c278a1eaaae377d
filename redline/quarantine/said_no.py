"""Events of people who have said no since: their rows are not published any more, whatever the gate says.

Which scope of a consent an event is under cannot be told from the tables (they hold no source of an event), so a no to
any part keeps a row back, and so does a yes to some parts and none to the rest where silence means no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from redline import scan
from schemas.rows import Source
from streams.consent import ConsentMode

if TYPE_CHECKING:
    from pathlib import Path

    from streams.consent import Consent, ConsentBook
    from streams.epochs import KeyRing


def places(data_dir: Path, book: ConsentBook, ring: KeyRing) -> frozenset[Source]:
    """Raw coordinates of the events of everybody who does not say yes to everything now, as `subjects` tell them.

    Events of a destroyed epoch lead to nobody.

    Raises:
        ConsentError: somebody's last word cannot be read.
        SinkError: `subjects` cannot be read, or a file was replaced meanwhile (run again).
    """
    book.check()
    refusing = [key for key in book.people if not _yes(book.get(key), book.mode)]
    names = pa.array(sorted({name for key in refusing for name in ring.pseudonyms(key)}), pa.string())
    found: set[Source] = set()
    if not len(names):
        return frozenset()
    for quarantine in (False, True):
        for part in scan.parts(data_dir, "subjects", ["sources", "pseudonym"], quarantine=quarantine):
            for listed in part.filter(pc.is_in(part["pseudonym"], value_set=names))["sources"].to_pylist():
                found.update(Source(one["topic"], one["partition"], one["offset"]) for one in listed)
    return frozenset(found)


def _yes(consent: Consent | None, mode: ConsentMode) -> bool:
    silence = mode is ConsentMode.OPT_OUT
    if consent is None:
        return silence
    granted = silence if consent.granted is None else consent.granted
    return granted and all(scope.granted for scope in consent.scopes)
