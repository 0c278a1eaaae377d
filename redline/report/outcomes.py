"""Sections on what people did with suggestions, and what was taken out of the texts. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from redline.report import marks
from redline.report.frame import Section
from redline.report.marks import HIDDEN, Part, number, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from redline.report.few import Grid, Line
    from redline.report.figures import Figures, Histogram

FEW = '<p class="quiet">Fewer than {} people: nothing is shown.</p>'
_VERBS = {
    "accepted": "kept {} as they came",
    "edited": "edited {}",
    "rejected": "rejected {}",
    "ignored": "left {} unanswered",
}
# What Presidio's and our own entity names mean to a reader who knows neither.
_ENTITIES = {
    "PERSON": "Names",
    "EMAIL_ADDRESS": "E-mail addresses",
    "PHONE_NUMBER": "Phone numbers",
    "IP_ADDRESS": "IP addresses",
    "CREDIT_CARD": "Card numbers",
    "SECRET": "Keys, tokens, passwords",
    "URL": "Web addresses",
    "LOCATION": "Places",
    "US_SSN": "US social security numbers",
    "IBAN_CODE": "IBANs",
    "DATE_TIME": "Dates",
    "CRYPTO": "Wallet addresses",
}


def said(labels: Line) -> str:
    """The one sentence of the page: what became of all suggestions."""
    shown = [(label, count) for label, count in labels.counts.items() if count and label in _VERBS]
    if not labels.total or not shown:
        return ""
    parts = [_VERBS[label].format(f"<strong>{share(count, labels.total)}</strong>") for label, count in shown]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"Of {labels.total:,} suggestions people {listed}."


def outcome(found: Figures) -> Section:
    """The mix of labels: over all, over time, by surface and by task."""
    if not found.labels.total:
        body = (
            FEW.format(found.k)
            if found.first
            else '<p class="quiet">No pairs yet. <code>redline run</code> makes them.</p>'
        )
        return Section("outcome", "What became of suggestions", "", body)
    counts, total = found.labels.counts, found.labels.total
    sentence = ", ".join(f"{label} {count:,}" for label, count in counts.items() if count is not None)
    entries = [
        (label, f"{label} {share(count, total)} {marks.quiet(number(count))}") for label, count in counts.items()
    ]
    whole = f'<figure class="big">{marks.bar(_parts(counts, total), total, sentence)}{marks.key(entries)}</figure>'
    grid, span = found.labels_by_span, found.span
    stacks = [_parts(_column(grid, one), grid.columns[one]) for one in grid.columns]
    scaled = [[Part(kind, size / max(sum(p.size for p in stack), 1)) for kind, size in stack] for stack in stacks]
    over_time = marks.figure(
        f"By {span}",
        "",
        marks.columns(scaled, 1.0, f"Share of each outcome by {span}; the numbers follow"),
        marks.ticks([_when(one, span) for one in grid.columns]),
        _numbers(grid, span, f"outcomes by {span}"),
    )
    return Section(
        "outcome",
        "What became of suggestions",
        "<em>Accepted</em>: the text was kept as it came. <em>Edited</em>: people kept another one in its place.",
        whole + over_time + _mix(found.labels_by_surface, "surface") + _mix(found.labels_by_task, "task"),
    )


def volume(found: Figures) -> Section:
    """How many pairs, by surface and time."""
    grid = found.volume
    if not grid.total:
        return Section("volume", "Where it happened", "", FEW.format(found.k))
    top = max((count for count in grid.counts.values() if count), default=0)
    rows = []
    for surface, total in grid.rows.items():
        cells = [grid.counts[surface, span] for span in grid.columns]
        stacks = [[Part("plain", c) if c is not None else Part(HIDDEN, top / 8)] for c in cells]
        label = f"{surface}: {total:,} pairs over {len(cells)} {found.span}s; the numbers follow"
        rows.append(
            (marks.text(surface), marks.columns(stacks, top, label, "spark"), number(total), share(total, grid.total))
        )
    spans = list(grid.columns)
    header = ("surface", f"{_when(spans[0], found.span)} to {_when(spans[-1], found.span)}", "pairs", "share")
    body = (
        f"<figure>{marks.table(header, rows, f'pairs by surface and {found.span}', 'rows')}"
        f"{_rest(grid.total, grid.rows)}{_numbers(grid, found.span, f'pairs by surface and {found.span}')}</figure>"
    )
    return Section(
        "volume", "Where it happened", "Pairs, by the surface that is published. All rows have the same scale.", body
    )


def kept(found: Figures) -> Section:
    """How much of an edited suggestion is left in what people kept."""
    plots = "".join(
        _histogram(histogram, title, meaning, found.k)
        for histogram, title, meaning in (
            (found.similarity, "Similarity", "of the suggestion to the final text: 1 is the same text"),
            (
                found.retention,
                "4-gram retention",
                "share of the suggestion's runs of four characters that are still there",
            ),
        )
    )
    body = f'<div class="two">{plots}</div>'
    if found.spreads:
        rows = [(s.label, f"{s.low:.2f}", f"{s.median:.2f}", f"{s.high:.2f}") for s in found.spreads]
        body += marks.table(
            ("similarity of", "lower quartile", "median", "upper quartile"), rows, "similarity by outcome"
        )
    return Section(
        "kept",
        "How much was kept",
        "Edited suggestions. A bin is as wide as it must be for enough people; its area is its count.",
        body,
    )


def decision(found: Figures) -> Section:
    """Time to the decision, of the decisions that say it."""
    counts, total = found.decision.counts, found.decision.total
    if not total:
        return Section("decision", "How long they took", "", FEW.format(found.k))
    top = max((count for count in counts.values() if count), default=0)
    rows = [
        (
            marks.text(name),
            marks.bar([_part("plain", count, top / 8)], top, f"{name}: {'hidden' if count is None else f'{count:,}'}"),
            number(count),
            share(count, total),
        )
        for name, count in counts.items()
    ]
    plot = marks.table(
        ("from suggestion to decision", "", "decisions", "share"), rows, "decisions by their time", "rows"
    )
    lead = "From the suggestion to the decision, as producers measured it. The published rows do not tell it."
    return Section("decision", "How long they took", lead, f"<figure>{plot}</figure>")


def findings(found: Figures) -> Section:
    """What was replaced, by entity."""
    line = found.findings
    if not line.total:
        none = '<p class="quiet">No personal data was found.</p>'
        return Section(
            "findings", "What was taken out", "", none if line.total == 0 and found.events else FEW.format(found.k)
        )
    named = {_ENTITIES.get(name, name): count for name, count in line.counts.items()}
    per = f" That is {line.total / found.events:.1f} for every event." if found.events else ""
    return Section(
        "findings",
        "What was taken out",
        "Personal data and secrets that were replaced before anything was stored.",
        f"<p>{line.total:,} replacements in {number(found.events)} events.{per} What was missed is not in this count: "
        "<code>docs/privacy.md</code> speaks of that.</p>" + ranked(named, line.total, "entity", "replaced", "red"),
    )


def ranked(counts: Mapping[str, int | None], total: int | None, name: str, unit: str, kind: str = "plain") -> str:
    """Counts as bars, the hidden ones as one line. `total` holds them too."""
    shown = {key: count for key, count in counts.items() if count is not None}
    few = len(counts) - len(shown)
    top = max(shown.values(), default=0)
    rows = [
        (marks.text(key), marks.bar([Part(kind, count)], top, f"{key}: {count:,}"), number(count), share(count, total))
        for key, count in shown.items()
    ]
    more = f'<p class="quiet">and {few} more of which too few people are to be told.</p>' if few else ""
    return (marks.table((name, "", unit, "share"), rows, f"{unit} by {name}", "rows") if rows else "") + more


def _mix(grid: Grid, name: str) -> str:
    """A bar of labels for each surface or task."""
    rows = [
        (
            marks.text(column),
            marks.bar(_parts(_column(grid, column), total), total, _sentence(column, _column(grid, column))),
            number(total),
        )
        for column, total in grid.columns.items()
    ]
    if not rows:
        return ""
    entries = [(label, label) for label in grid.rows]
    if None in grid.counts.values():
        entries.append((HIDDEN, "too few people, or hidden to protect them"))
    caption = f"outcomes by {name}"
    table = marks.table((name, "", "pairs"), rows, caption, "rows")
    rest = _rest(grid.total, grid.columns)
    return marks.figure(f"By {name}", "", table, rest, marks.key(entries), _numbers(grid, name, caption))


def _histogram(histogram: Histogram, title: str, meaning: str, k: int) -> str:
    if not histogram.bins:
        return marks.figure(title, "", FEW.format(k))
    bins = [(b.start / histogram.steps, b.end / histogram.steps, b.size) for b in histogram.bins]
    middle = f"median {histogram.median:.2f}"
    rows = [(f"{low:.2f} to {high:.2f}", number(count)) for low, high, count in bins]
    return marks.figure(
        f"{title} {marks.quiet(middle)}",
        meaning,
        marks.histogram(bins, histogram.median, f"{title} of edited suggestions, {middle}; the numbers follow"),
        '<div class="ends" aria-hidden="true"><span>0 nothing</span><span>0.5</span><span>1 all</span></div>',
        marks.numbers(("from, to", "pairs"), rows, title.lower()),
    )


def _numbers(grid: Grid, unit: str, caption: str) -> str:
    """The table behind a grid: its columns downwards, as there may be many."""
    header = (unit, *(marks.text(row) for row in grid.rows), "all")
    rows = [
        (marks.text(column), *(number(grid.counts[row, column]) for row in grid.rows), number(total))
        for column, total in grid.columns.items()
    ]
    return marks.numbers(header, rows, caption)


def _rest(total: int | None, shown: Mapping[str, int]) -> str:
    """What is in none of the rows that are shown."""
    rest = (total or 0) - sum(shown.values())
    return f'<p class="rest quiet">and {rest:,} in rows of too few people to be told apart.</p>' if rest else ""


def _column(grid: Grid, column: str) -> dict[str, int | None]:
    return {row: grid.counts[row, column] for row in grid.rows}


def _parts(counts: Mapping[str, int | None], total: int) -> list[Part]:
    """Each label's piece, and what is hidden of the whole at the end."""
    parts = [Part(label, count) for label, count in counts.items() if count is not None]
    return [*parts, Part(HIDDEN, total - sum(part.size for part in parts))]


def _part(kind: str, count: int | None, instead: float) -> Part:
    return Part(HIDDEN, instead) if count is None else Part(kind, count)


def _sentence(name: str, counts: Mapping[str, int | None]) -> str:
    told = ", ".join(f"{label} {count:,}" for label, count in counts.items() if count is not None)
    return f"{name}: {told or 'hidden'}"


def _when(span: str, unit: str) -> str:
    at = date.fromisoformat(span)
    return f"{at:%b %Y}" if unit == "month" else f"{at.day} {at:%b}"


def sections(found: Figures) -> Iterable[Section]:
    """In the order of the page; of a folder without tables there is little to say."""
    if found.first is None:
        return (outcome(found),)
    return outcome(found), volume(found), kept(found), decision(found), findings(found)
