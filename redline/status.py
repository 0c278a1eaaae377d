"""`redline status`: how far each stage and table is, what was rejected, which tables are halted, which alerts wait."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

from quality import report
from redline import scan
from redline.admin import cluster_id
from redline.lag import STAGES, LagWatch
from redline.summary import verdicts
from redline.up import attached
from schemas import topics
from schemas.errors import BrokerError
from schemas.tables import TABLES
from sinks import halts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from redline.settings import Settings

_ANSWER_S = 5.0
_OWED = "select owner, channel, count(*) from notices group by owner, channel"
_STAGE = {topics.EVENTS: "scrub", topics.SCRUBBED: "dedupe", topics.CLEAN: "join", topics.STEPS: "session"}


def status(settings: Settings, say: Callable[[str], None]) -> str:
    """Lags if a broker is configured or runs over the folder, then what the tables and the state folder tell.

    Starts nothing, waits for nobody: `say` is told why where there are no lags.

    Raises:
        SinkError: a table cannot be read.
    """
    data, state = settings.data_dir, settings.state
    parts = [found for found in (_lags(attached(settings), say),) if found]
    parts.append(
        report.table(("table", "rows", "in quarantine", "who may read it"), [_rows(data, name) for name in TABLES])
    )
    rejects: Counter[str] = Counter()
    for part in scan.parts(data, "rejects", ["reason"]):
        rejects.update(part["reason"].to_pylist())
    parts.append("rejects\n\n" + report.counts("reason", rejects))
    parts.append("gates\n\n" + report.verdicts(verdicts(state / "verdicts")))
    parts += [
        f"HALTED since {halt.since}: {halt.table} ({', '.join(sorted({f.expectation for f in halt.failed}))}). "
        f"Look: redline check {halt.table}. Go on: redline release {halt.table} [--quarantine]"
        for halt in halts.halted(data)
    ]
    parts.append(_alerts(state / "alerts"))
    return "\n\n".join(parts)


def _lags(settings: Settings, say: Callable[[str], None]) -> str:
    kafka = settings.kafka
    if not kafka.bootstrap:
        say(f"no broker is configured and none runs over {settings.data}: tables only. `redline up` starts one")
        return ""
    if cluster_id(kafka.bootstrap, timeout_s=_ANSWER_S, config=kafka.config) is None:
        say(f"no broker answers at {kafka.bootstrap}: tables only. Run `redline doctor`")
        return ""
    requests = (*settings.sources.logs, *settings.sources.spans)
    try:
        watch = LagWatch(
            kafka.bootstrap,
            settings.data_dir,
            group=topics.APP_ID,
            partitions=kafka.partitions,
            config=kafka.config,
            requests=requests,
        )
        try:
            progress = watch.progress()
        finally:
            watch.close()
    except BrokerError as error:
        say(f"{error}: tables only. `redline topics create` makes what is missing")
        return ""
    stages = [
        (_STAGE.get(topic, "explode"), topic, progress.end(topic), progress.stage_lag(topic))
        for topic in (*requests, *STAGES)
    ]
    tables = [(t.table, t.name, progress.end(t.name), progress.sink_lag(t.name)) for t in topics.TOPICS if t.table]
    return "\n\n".join(
        (
            f"broker {kafka.bootstrap}",
            report.table(("stage", "reads", "records", "still to do"), stages),
            report.table(("table", "reads", "records", "not in it yet"), tables),
        )
    )


def _rows(data: Path, name: str) -> tuple[str, int, int, str]:
    word = "published" if TABLES[name].published else "restricted"
    return name, scan.count(data, name), scan.count(data, name, quarantine=True), word


def _alerts(folder: Path) -> str:
    """What processes still owe; read beside them, without a lock on their outboxes."""
    owed: Counter[tuple[str, str]] = Counter()
    unread = []
    for path in sorted(folder.glob("*.sqlite")) if folder.exists() else ():
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as live:
                for process, channel, count in live.execute(_OWED):
                    owed[process, channel] += count
        except sqlite3.Error as error:
            unread.append(f"{path}: {type(error).__name__}")
    parts = ["alerts: none wait"]
    if owed:
        rows = [(process, channel, count) for (process, channel), count in sorted(owed.items())]
        parts = ["alerts that wait\n\n" + report.table(("process", "channel", "count"), rows)]
    return "\n\n".join(parts + [f"alerts that cannot be counted: {line}" for line in unread])
