"""What a run did, in words and counts: read back from the tables, not remembered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from quality import report
from redline.verdict_log import verdicts
from schemas.tables import TABLES
from sinks import halts, reader
from streams.consent import ConsentMode

if TYPE_CHECKING:
    from pathlib import Path

    from quality.ledger import Balance
    from redline.settings import Settings


def summary(settings: Settings, answer: Balance) -> str:
    """The summary of a data folder: labels, findings, rejects, gates, ledger, and what to do next."""
    data = settings.data_dir
    labels = Counter(reader.read(data, "pairs", ["label"]).column("label").to_pylist())
    rejects = reader.read(data, "rejects", ["reason"]).column("reason").to_pylist()
    parts = [
        "pairs\n\n" + report.counts("label", labels),
        "personal data and secrets replaced\n\n" + report.counts("entity", _findings(data)),
        "rejects\n\n" + report.counts("reason", Counter(rejects)),
        "gates\n\n" + report.verdicts(verdicts(settings.state)),
        "ledger\n\n" + report.balance(answer),
    ]
    if no_consent := rejects.count("no_consent"):
        mode = "opt-in: people without a record are dropped"
        parts.append(
            f"consent: {no_consent:,} events were not read ({mode}). If these people have agreed, say so:\n"
            "  redline consent import FILE      one person per line, as events name them; or --consent-file FILE\n"
            "If your agreement with staff is opt-out, run with --consent opt-out."
            if settings.consent.mode is ConsentMode.OPT_IN
            else f"consent: {no_consent:,} events were not read"
        )
    parts += [
        f"HALTED: {halt.table}: its gate found rows that must not be published. Look: redline check {halt.table}. "
        f"Go on: redline release {halt.table} [--quarantine]"
        for halt in halts.halted(data)
    ]
    parts.append(_where(settings))
    return "\n\n".join(parts)


def _findings(data: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in reader.read(data, "interactions", ["findings"]).column("findings").to_pylist():
        for finding in row:
            found[finding["entity"]] += finding["count"]
    return found


def _where(settings: Settings) -> str:
    rows = [
        (
            name,
            reader.read(settings.data_dir, name, ["record_id"]).num_rows,
            "published" if t.published else "restricted",
        )
        for name, t in TABLES.items()
    ]
    return (
        report.table(("table", "rows", "who may read it"), rows)  # noqa: S608  # a query to paste, not one we run
        + f"\n\ndata: {settings.dataset}\n"
        + f"  redline sql --data {settings.data} "
        + '"select label, count(*), round(avg(similarity), 3) from pairs group by 1"'
    )
