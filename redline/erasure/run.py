"""`redline erase PERSON`, from the first record to the signed receipt. Killed anywhere, it is run again and goes on."""

from __future__ import annotations

import os
import signal
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from redline import audit, cluster, consent
from redline.erasure import exports, in_flight, journal, receipt, tables
from redline.erasure.find import find
from redline.erasure.people import Person, person_of
from redline.erasure.verify import erased_places, leftovers, open_members, verify
from redline.export.work import forget_all
from redline.lock import DataLock
from redline.published import seal_of
from redline.up import attached
from schemas.errors import InputError, SinkError
from schemas.tables import TABLES
from sinks import store, tombstones

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from redline.erasure.exports import Holding
    from redline.settings import Settings

_PASSES = 20  # looks that find something new: the second finds what was on its way, more are a fault
_NOBODY = "no event of this person was found: is the name as events' `subject` has it? See also --also"
_PURGE_LOOKS, _PURGE_S = 5, 2.0  # a worker drops what is open within seconds
# For crash tests: the step after which the process kills itself.
_CRASH = "REDLINE_CRASH_AT_ERASE"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to say, and whether nothing of the person is left where an erasure reaches."""

    text: str
    complete: bool


def erase(
    settings: Settings,
    names: Sequence[str],
    *,
    rewrite: bool,
    say: Callable[[str], None],
    target: Path | None = None,
    wait_s: float = 60.0,
) -> Outcome:
    """Erase a person, named as events' `subject` names them.

    1. The consent topic gets a no, and the time: what arrived before is never read again, and open state is dropped.
    2. What workers had admitted before they saw that comes out of them.
    3. Everything of the person is found, in the tables and on its way there, and noted in the journal.
    4. Tombstones, rejects, tables: see `redline.erasure.tables`. Then back to 3, until nothing new is found.
    5. Exports that are not finished are forgotten; of the others those that hold the rows are listed, or rewritten.
    6. The journal forgets which rows belonged together; the receipt is signed.

    Args:
        settings: of the data folder.
        names: the person, and other names of theirs.
        rewrite: drop the rows from exports.
        say: progress.
        target: where to write the receipt besides the state folder.
        wait_s: how long to wait for workers.

    Raises:
        BrokerError: there is no broker to write the consent record to.
        LockedError: another erasure is at work.
        SinkError: a table cannot be read or rewritten.
        OSError: the disk is full or refuses. Run it again.
    """
    crash = _crash_hook(os.environ)
    _there(settings)
    person = person_of(settings, names)
    with DataLock(settings.state, name="erase.lock"), cluster.broker(attached(settings), say) as live:
        cluster.prepare_topics(live)
        started = _now()
        page = journal.load(live.state, person.name)
        resumed = page is not None and not page.finished
        page = page or journal.Journal(person.name, started)
        page.finished = ""
        number = uuid.uuid4().hex
        audit.record(live, "erase", {"receipt": number, "resumed": resumed})
        journal.save(live.state, page)
        crash("journal")
        consent.erase(live, names, time.time_ns() // 1000)
        crash("consent")
        settled = in_flight.settled(live.kafka, wait_s=wait_s)
        take_out(live, person, page, say, crash)
        unfinished = forget_all(live.state)
        held = exports.holding(live.state, _gone(live.data_dir), rewrite=rewrite)
        crash("exports")
        open_ = _open(live)
        left = [str(one) for one in held if not one.dropped]
        if not settled:
            left.append(f"workers: not caught up after {wait_s:.0f} s; run it again once `redline status` shows no lag")
        if not leftovers(live.state):
            left.append("state/rebuild: a rebuild is at work and holds rows; run it again after")
        left += [f"export into {one}: not finished, and at work; run it again after" for one in unfinished]
        if open_:
            left.append(f"state of workers: {open_:,} events; they go when a worker runs")
        this_time = _this_time(page, held)
        kept = [str(one) for one in in_flight.kept(live.kafka)]
        finished = _now()
        statement = {
            "statement": "erasure of one person",
            "receipt": number,
            "redline": version("redline"),
            "started": started,
            "finished": finished,
            "erased": this_time,
            "exports": [_told(one) for one in held],
            "open_state": open_,
            "complete": not left,
            "kafka_keeps": kept,
        }
        signed = receipt.sign(live.state, statement)
        own = live.state / journal.FOLDER / "receipts" / f"{number}.json"
        for path in (own, *([] if target is None else [target])):
            receipt.write(path, signed)
        crash("receipt")
        if settled:
            page.counts.exports += sum(one.rows for one in held if one.dropped)
            page.settle(finished)
            journal.save(live.state, page)
        audit.record(live, "erase.done", {"receipt": number, "complete": not left, **this_time})
    note = "" if this_time["events"] else _NOBODY if page.times <= 1 else "nothing new since the erasure before"
    text = _text(this_time, held, left, kept, own)
    return Outcome(f"{note}\n{text}" if note else text, not left)


def verified(settings: Settings, names: Sequence[str], *, say: Callable[[str], None]) -> Outcome:
    """Prove that nothing of an erased person is left; see `redline.erasure.verify`. Raises what `verify` raises."""
    _there(settings)
    person = person_of(settings, names)
    with cluster.broker(attached(settings), say) as live:
        cluster.prepare_topics(live)
        found = verify(live, person)
    lines = [f"{found.files:,} files with {found.rows:,} rows opened, {found.erased:,} erased events looked for"]
    lines += [f"left: {what}" for what in found.left]
    lines += [f"Kafka keeps {one}" for one in found.kept]
    lines.append("NOT erased: something is left" if found.left else "erased: nothing is left in files or state")
    return Outcome("\n".join(lines), not found.left)


def listing(settings: Settings) -> str:
    """All erasures of this data folder. Raises InputError."""
    from quality import report  # noqa: PLC0415 - numpy and pyarrow for a table of text

    pages = journal.everything(settings.state)
    if not pages:
        return "nobody was erased here"
    rows = [
        (
            page.name[:12],
            page.started,
            page.finished or "not finished: run it again",
            page.counts.events,
            page.counts.pairs,
            page.counts.trajectories,
            page.counts.revisions,
        )
        for page in pages
    ]
    return report.table(("erasure", "started", "finished", "events", "pairs", "trajectories", "revisions"), rows)


def _there(settings: Settings) -> None:
    if not store.has(settings.dataset):
        raise InputError(f"{settings.dataset}: needed tables, there are none; --data names the folder")


def take_out(
    live: Settings,
    person: Person,
    page: journal.Journal,
    say: Callable[[str], None],
    crash: Callable[[str], None] = lambda _step: None,
) -> None:
    """Find everything of a person and take it out of the tables, until nothing new is found; `page` says what.

    Raises:
        SinkError: a table cannot be rewritten, or something new came each time. Run it again.
    """
    unfinished = bool(page.found.events)  # by a run that was killed
    for _ in range(_PASSES):
        flying = in_flight.subjects(live.kafka, live.data_dir)
        more = find(live.data_dir, person.pseudonyms, known=page.found, flying=flying, seal=seal_of(live))
        crash("found")
        if not page.found.grown(more) and not unfinished:
            return
        journal.save(live.state, page)
        crash("noted")
        say(f"{len(page.found.events):,} events found")
        tables.erase(live.data_dir, page.found, crash)
        unfinished = False
    raise SinkError("erase: needed an end of what is found, came something new each time; run it again")


def _open(live: Settings) -> int:
    places = erased_places(live.data_dir)
    for _ in range(_PURGE_LOOKS - 1):
        if not (held := open_members(live, places)) or not in_flight.members(live.kafka):
            return held
        time.sleep(_PURGE_S)
    return open_members(live, places)


def _gone(data_dir: Path) -> frozenset[str]:
    return frozenset().union(*(tombstones.load(data_dir, table) for table in TABLES))


def _this_time(page: journal.Journal, held: Sequence[Holding]) -> dict[str, int]:
    found = page.found
    return {
        "events": len(found.events),
        "pairs": len(found.rows.get("pairs", ())),
        "trajectories": found.sessions,
        "revisions": len(found.rows.get("revisions", ())),
        "own_offsets": len(found.own),
        "other_offsets": len(found.others),
        "exported_rows": sum(one.rows for one in held if one.dropped),
    }


def _told(one: Holding) -> dict[str, Any]:
    return {"export": one.export.name, "purpose": one.export.purpose, "rows": one.rows, "dropped": one.dropped}


def _text(
    counts: Mapping[str, int], held: Sequence[Holding], left: Sequence[str], kept: Sequence[str], own: Path
) -> str:
    made = f"{counts['pairs']:,} pairs, {counts['trajectories']:,} trajectories and {counts['revisions']:,} revisions"
    others = f"{counts['other_offsets']:,} events of other people lost their row with them"
    lines = [f"{counts['events']:,} events, {made} erased; {others}"]
    lines += [f"export {one}" for one in held if one.dropped]
    lines += [f"left: {what}" for what in left]
    lines += [f"Kafka keeps {what}" for what in kept]
    lines.append(f"receipt: {own}")
    lines.append("NOT complete: something is left" if left else "complete: `redline erase --verify` proves it")
    return "\n".join(lines)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _crash_hook(environ: Mapping[str, str]) -> Callable[[str], None]:
    """Kill -9 after a step, for crash tests only."""
    wanted = environ.get(_CRASH, "")

    def crash(step: str) -> None:
        if wanted and step == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    return crash
