"""Plain text tables of what the ledger and the gates said, for the command line. Pure; counts and our words only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from quality.ledger import Balance
    from schemas.verdict import Verdict


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns aligned: numbers to the right with thousands marked, the rest to the left. No line ends in a space."""
    body = [list(row) for row in rows]
    right = [bool(body) and all(isinstance(row[c], int | float) for row in body) for c in range(len(header))]
    cells = [list(header), *([_cell(value) for value in row] for row in body)]
    widths = [max(len(row[c]) for row in cells) for c in range(len(header))]
    lines = [
        "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])


def counts(title: str, by_name: Mapping[str, int]) -> str:
    """A table of counts, the most frequent first, with their sum."""
    ordered = sorted(by_name.items(), key=lambda item: (-item[1], item[0]))
    return table((title, "count"), [*ordered, ("total", sum(by_name.values()))])


def balance(answer: Balance) -> str:
    """The ledger's answer: fates, faults, and the coordinates at fault (the first of each kind)."""
    fates = [(fate.kind, fate.detail, count) for fate, count in answer.fates.items()]
    faults = [(kind, "", count) for kind, count in (("missing", answer.missing), ("conflicting", answer.conflicting))]
    parts = [table(("fate", "where or why", "offsets"), [*fates, *faults, ("total", "", answer.offsets)])]
    if answer.problems:
        rows = [
            (p.kind, f"{p.coordinate.topic}/{p.coordinate.partition}/{p.coordinate.offset}", p.where)
            for p in answer.problems
        ]
        parts.append(table(("fault", "topic/partition/offset", "in"), rows))
    listed: Counter[str] = Counter(p.kind for p in answer.problems)
    full = {"missing": answer.missing, "duplicated": answer.duplicated, "conflicting": answer.conflicting}
    parts += [
        f"{count - listed[kind]:,} more {kind} are not listed" for kind, count in full.items() if count > listed[kind]
    ]
    word = "balances" if answer.balanced else "does NOT balance"
    sums = ", ".join(f"{kind} {count:,}" for kind, count in full.items())
    parts.append(f"ledger {word}: {answer.offsets:,} offsets, {sums}")
    return "\n\n".join(parts)


def verdicts(all_of: Iterable[Verdict]) -> str:
    """One line per table: batches, rows, rows kept back, warnings, halts; then every failed expectation."""
    tables: dict[str, Counter[str]] = {}
    failed: Counter[tuple[str, str, str]] = Counter()
    rows_failed: Counter[tuple[str, str, str]] = Counter()
    for verdict in all_of:
        sums = tables.setdefault(verdict.table, Counter())
        sums.update(batches=1, rows=verdict.rows, quarantined=0 if verdict.halts else len(verdict.bad_rows))
        sums.update(warnings=sum(f.severity is Severity.WARNING for f in verdict.failures), halts=int(verdict.halts))
        for failure in verdict.failures:
            key = (verdict.table, failure.severity.value, failure.expectation)
            failed[key] += 1
            rows_failed[key] += len(failure.rows)
    if not tables:
        return "no batch was checked"
    names = ("batches", "rows", "quarantined", "warnings", "halts")
    parts = [table(("table", *names), [(name, *(sums[n] for n in names)) for name, sums in sorted(tables.items())])]
    if failed:
        lines = [(*key, failed[key], rows_failed[key]) for key in sorted(failed)]
        parts.append(table(("table", "severity", "expectation that failed", "batches", "rows"), lines))
    return "\n\n".join(parts)


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.3f}" if isinstance(value, float) else str(value)
