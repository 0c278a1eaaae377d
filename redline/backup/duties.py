"""What a restored folder owes: the words of consent that its broker lacks, and the erasures since the backup.

Who was erased since stands on the consent topic, where a word is never forgotten: in the backup's copy of it (somebody
erased while it was taken), and on the broker, if it has outlived the folder.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from redline import audit, cluster
from redline.backup.manifest import CONSENT, NAME
from redline.backup.owing import FOLDER
from redline.consent import book_of
from redline.erasure import journal
from redline.erasure.people import Person
from redline.erasure.run import take_out
from redline.keys import ring_of
from redline.lock import DataLock
from redline.up import attached
from schemas import topics
from streams.consent import decode
from streams.delivery import Delivery, Out
from streams.identity import keyed_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.backup.manifest import Manifest
    from redline.settings import Settings


def done(settings: Settings, manifest: Manifest, *, say: Callable[[str], None]) -> str:
    """Do what is owed; what to say. Raises as `redline.backup.restore.restore`."""
    folder = settings.state / FOLDER
    words = dict(msgspec.msgpack.decode((folder / CONSENT).read_bytes(), type=list[tuple[bytes, bytes]]))
    with DataLock(settings.state, name="erase.lock"), cluster.broker(attached(settings), say) as live:
        cluster.prepare_topics(live)
        ring_of(live)
        book = book_of(live)
        lacking = {key: word for key, word in words.items() if book.get(key) is None}
        _write(live, lacking)
        book = book_of(live)
        since = [key for key in book.people if (word := book.get(key)) and (word.erased_us or 0) >= manifest.taken_us]
        since += [key for key in words if key not in since and (decode(words[key]).erased_us or 0) >= manifest.taken_us]
        for key in since:
            _erase(live, key, say)
        audit.record(live, "restore", {"erasures": len(since), "consent": len(lacking)})
    for name in (NAME, CONSENT):
        (folder / name).unlink()
    folder.rmdir()
    taken = datetime.fromtimestamp(manifest.taken_us / 1_000_000, UTC).isoformat(timespec="seconds")
    return (
        f"restored as of {taken}: {len(lacking):,} words of consent written, {len(since):,} erasures done again.\n"
        "Erasures that only a lost consent topic knew, and epochs of keys that were destroyed since then, are yours to"
        " do again: `redline erase`, `redline keys destroy`. `redline check` and `redline ledger` look at the rest"
    )


def _write(live: Settings, words: dict[bytes, bytes]) -> None:
    if not words:
        return
    delivery = Delivery(live.kafka.bootstrap, live.kafka.client)
    try:
        asyncio.run(delivery.send([Out(topics.CONSENT, key, word) for key, word in words.items()]))
    finally:
        delivery.close()


def _erase(live: Settings, key: bytes, say: Callable[[str], None]) -> None:
    ring = ring_of(live)
    name = keyed_id(ring.identity, "erasure", key.decode())
    page = journal.load(live.state, name) or journal.Journal(name, _now())
    take_out(live, Person(name, (key,), frozenset(ring.pseudonyms(key))), page, say)
    page.settle(_now())
    journal.save(live.state, page)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
