"""Plots as SVG, and the numbers behind them as tables. Pure.

Places are percentages and texts stand beside the drawings, so that a plot fits a phone and a wall without a script.
Colours are classes (`style.css`): no `style` attributes, which a strict content policy would refuse.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HIDDEN = "few"  # class of what is hidden: hatched
_LONGEST = 48  # of a name that stands in the data
_CODE = re.compile(r"`([^`]+)`")
_TICKS = 6
_GAP = 0.15  # per cent, at each side of a bin
_FEWEST = 7  # columns that a plot has room for: a single one would be a wall

HATCH = (
    '<svg class="defs" aria-hidden="true" focusable="false" width="0" height="0"><defs>'
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2" height="6"/>'
    "</pattern></defs></svg>"
)


_PLOT = '<span class="unseen">plot</span>'  # heading of a column of drawings


class Part(NamedTuple):
    """A piece of a bar: the class that colours it, and its size."""

    kind: str
    size: float


def text(value: object) -> str:
    """Any text, safe inside HTML and not too long."""
    said = str(value)
    return escape(said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…")


def words(said: str) -> str:
    """A sentence of ours as HTML, whole; what stands in back-quotes is code."""
    return _CODE.sub(r"<code>\1</code>", escape(said, quote=False))


def number(value: int | None) -> str:
    """A count with thousands marked; a dash where it is hidden."""
    return '<span class="hidden" title="hidden: too few people">few</span>' if value is None else f"{value:,}"


def share(part: int | None, whole: int | None) -> str:
    """Part of a whole in per cent, without claiming 0 or 100 where it is not."""
    if part is None or not whole:
        return ""
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "&lt;1&#8239;%"
    return "&gt;99&#8239;%" if 99 < percent < 100 else f"{percent:.0f}&#8239;%"  # noqa: PLR2004


def bar(parts: Iterable[Part], whole: float, label: str) -> str:
    """One horizontal bar of parts that lie behind each other."""
    drawn, at = [], 0.0
    for kind, size in parts:
        if size > 0 and whole > 0:
            width = 100 * size / whole
            drawn.append(f'<rect class="{kind}" x="{at:.3f}%" width="{width:.3f}%" height="100%"/>')
            at += width
    return f'<svg class="bar" role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg>'


def columns(stacks: Sequence[Sequence[Part]], top: float, label: str, kind: str = "columns") -> str:
    """Vertical columns side by side, each of parts that stand on each other, up to `top`."""
    drawn = []
    step = 100 / max(len(stacks), _FEWEST)
    for place, parts in enumerate(stacks):
        at = 100.0
        for part, size in parts:
            if size > 0 and top > 0:
                height = 100 * size / top
                at -= height
                drawn.append(_rect(part, (place + 0.1) * step, at, 0.8 * step, height))
    return f'<svg class="{kind}" role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg>'


def histogram(bins: Sequence[tuple[float, float, int]], median: float, label: str) -> str:
    """A density over 0 to 1: (from, to, count). The area of a bin is its count, so bins may differ in width."""
    heights = [count / (high - low) for low, high, count in bins]
    top = max(heights, default=0.0)
    drawn = [
        _rect("edited", 100 * low + _GAP, 100 - 100 * height / top, 100 * (high - low) - 2 * _GAP, 100 * height / top)
        for (low, high, _), height in zip(bins, heights, strict=True)
        if height
    ]
    drawn.append(f'<line class="median" x1="{100 * median:.2f}%" x2="{100 * median:.2f}%" y1="0" y2="100%"/>')
    return f'<svg class="histogram" role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg>'


def trend(values: Sequence[float], label: str) -> str:
    """A line over equal steps, from zero or the smallest value up; its last point is marked."""
    low, high = min(0.0, *values), max(values)
    room = (high - low) or 1.0
    step = 100 / max(len(values) - 1, 1)
    places = [(n * step, 96 - 92 * (value - low) / room) for n, value in enumerate(values)]
    path = " ".join(f"{x:.2f},{y:.2f}" for x, y in places)
    x, y = places[-1]
    return (
        f'<svg class="trend" role="img" aria-label="{escape(label)}">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none"><polyline points="{path}"/></svg>'
        f'<circle cx="{x:.2f}%" cy="{y:.2f}%" r="3.5"/></svg>'
    )


def ticks(names: Sequence[str]) -> str:
    """Names under columns: the first, the last, and some between."""
    chosen = {round(n * (len(names) - 1) / min(_TICKS - 1, max(len(names) - 1, 1))) for n in range(_TICKS)}
    shown = [text(name) if n in chosen else "" for n, name in enumerate(names)]
    cells = "".join(f"<span>{name}</span>" for name in [*shown, *([""] * (_FEWEST - len(shown)))])
    return f'<div class="ticks" aria-hidden="true">{cells}</div>'


def key(entries: Iterable[tuple[str, str]]) -> str:
    """What colours mean: (class, words). The words are HTML."""
    items = (
        f'<li><svg class="swatch" aria-hidden="true"><rect class="{kind}" width="100%" height="100%"/></svg>{words}'
        for kind, words in entries
    )
    return f'<ul class="key">{"</li>".join(items)}</li></ul>'


def figure(title: str, meaning: str, *content: str) -> str:
    """A plot with its heading and what belongs to it. All HTML; `meaning` may be empty."""
    words = f"<p>{meaning}</p>" if meaning else ""
    return f"<figure><figcaption><h3>{title}</h3>{words}</figcaption>{''.join(content)}</figure>"


def quiet(words: str) -> str:
    """What stands beside something more important, inline."""
    return f'<span class="quiet">{words}</span>'


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str, kind: str = "") -> str:
    """A table. Cells and headings are HTML; the first column names the row."""
    head = "".join(f'<th scope="col">{name or _PLOT}</th>' for name in header)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="{kind}">'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def numbers(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """The table behind a plot, folded."""
    summary = f'<summary>The numbers<span class="unseen">: {escape(caption)}</span></summary>'
    return f"<details>{summary}{table(header, rows, f'numbers of {caption}', 'numbers')}</details>"


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:.3f}%" y="{y:.3f}%" width="{width:.3f}%" height="{height:.3f}%"/>'
